#pragma once
/// Go's time.Time as far as these files hold one: RFC 3339 text, read and written again
/// (docs/format.md C6).

#include <string>
#include <string_view>

#include "base/error.h"

namespace n2c::go {

/// The time as Go writes what it read: the fraction without trailing zeros and at most nine
/// digits, `Z` for offset zero, other offsets kept. Takes what Go's parser takes: a one-digit
/// hour, a comma before the fraction, offset minutes up to 60. Refuses what Go cannot write
/// (offsets of a day and more).
Parsed<std::string> rewrite_rfc3339(std::string_view text);

}  // namespace n2c::go
