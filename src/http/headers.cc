#include "http/headers.h"

#include <algorithm>

#include "base/text.h"

namespace n2c::http {

void Headers::set(std::string name, std::string value) {
  remove(name);
  add(std::move(name), std::move(value));
}

void Headers::add(std::string name, std::string value) {
  lines_.emplace_back(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  const std::string wanted = lower_ascii(name);
  std::erase_if(lines_, [&](const auto& line) { return lower_ascii(line.first) == wanted; });
}

std::optional<std::string> Headers::find(std::string_view name) const {
  const std::string wanted = lower_ascii(name);
  const auto found = std::ranges::find_if(
      lines_, [&](const auto& line) { return lower_ascii(line.first) == wanted; });
  if (found == lines_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> Headers::find_all(std::string_view name) const {
  const std::string wanted = lower_ascii(name);
  std::vector<std::string> values;
  for (const auto& [line_name, value] : lines_) {
    if (lower_ascii(line_name) == wanted) values.push_back(value);
  }
  return values;
}

}  // namespace n2c::http
