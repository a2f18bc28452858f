#include "registry/server/guard/login_throttle.h"

#include <algorithm>

namespace n2c::registry {

using std::chrono::seconds;

namespace {

constexpr std::size_t free_failures = 3;
constexpr std::size_t doublings = 6;  // 64 s, cut to the longest
constexpr seconds longest{60};
constexpr std::chrono::minutes memory{10};

seconds penalty(std::size_t failures) {
  if (failures <= free_failures) return seconds(0);
  return std::min(longest, seconds(1LL << std::min(failures - free_failures - 1, doublings)));
}

}  // namespace

seconds LoginThrottle::wait(const std::string& who) const {
  const auto now = clock_.now();
  return table_.with([&](const Table& table) {
    const auto found = table.find(who);
    if (found == table.end()) return seconds(0);
    const auto until = found->second.last + penalty(found->second.count);
    return std::max(seconds(0), std::chrono::ceil<seconds>(until - now));
  });
}

void LoginThrottle::failed(const std::string& who) {
  const auto now = clock_.now();
  table_.with([&](Table& table) {
    if (!table.contains(who)) make_room(table);
    Failures& failures = table[who];
    if (now - failures.last > memory) failures.count = 0;
    ++failures.count;
    failures.last = now;
  });
}

void LoginThrottle::succeeded(const std::string& who) {
  table_.with([&](Table& table) { table.erase(who); });
}

void LoginThrottle::make_room(Table& table) {
  if (table.size() < most) return;
  table.erase(
      std::ranges::min_element(table, {}, [](const auto& entry) { return entry.second.last; }));
}

}  // namespace n2c::registry
