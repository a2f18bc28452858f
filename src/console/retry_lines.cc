#include "console/retry_lines.h"

#include <algorithm>

#include "base/text.h"
#include "console/progress_line.h"

namespace n2c {

namespace {

constexpr std::size_t most_lines = 2;

}  // namespace

bool RetryLines::add(const RetryNotice& notice, bool is_told) {
  const auto found = std::ranges::find_if(
      kinds_, [&](const Kind& known) { return known.first.kind == notice.kind; });
  if (found == kinds_.end()) {
    kinds_.push_back({.first = notice, .last = notice, .told = is_told ? 1U : 0U});
    return true;
  }
  ++found->count;
  found->last = notice;
  found->is_shown = true;
  std::rotate(found, found + 1, kinds_.end());
  return false;
}

std::vector<Printable> RetryLines::now(std::size_t width) const {
  std::vector<Printable> lines;
  for (const Kind& kind : kinds_) {
    if (!kind.is_shown) continue;
    const std::string times = kind.count == 1 ? "" : cat(", ", kind.count, " times");
    const Printable line = cat("n2c: ", kind.last.kind, times, "; ", kind.last.next);
    lines.emplace_back(clipped(line.str(), width));
  }
  if (lines.size() > most_lines) lines.erase(lines.begin(), lines.end() - most_lines);
  return lines;
}

std::vector<Printable> RetryLines::take_counts() {
  std::vector<Printable> lines;
  for (Kind& kind : kinds_) {
    kind.is_shown = false;
    if (kind.count == kind.told) continue;
    kind.told = kind.count;
    const bool is_one = kind.count == 1;
    lines.emplace_back(cat(is_one ? kind.first.why : kind.first.kind, "; tried again ",
                           is_one ? "once" : cat(kind.count, " times")));
  }
  return lines;
}

}  // namespace n2c
