#pragma once
/// Whole numbers as Go's command lines take them (docs/format.md H1.2).

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace n2c::go {

/// strconv.ParseInt with base 0 and 64 bits. The prefixes are 0x (hex), 0o and 0 (octal) and 0b
/// (binary); underscores may stand between digits. The error is in Go's words.
Parsed<std::int64_t> parse_int(std::string_view text);

}  // namespace n2c::go
