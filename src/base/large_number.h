#pragma once
/// Numbers of any size out of a header, where more than fits means as much as there is.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace n2c {

/// parse_number(), but what is too large for it is the largest number there is.
inline std::optional<std::uint64_t> parse_large_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  return parse_number(text).value_or(UINT64_MAX);
}

}  // namespace n2c
