#pragma once
/// Go's time.Time, as far as it is needed here: RFC 3339 text that is read and written again
/// (docs/format.md C6).

#include <string>
#include <string_view>

#include "base/error.h"

namespace n2c::go {

/// Reads a time and writes it as Go does: the fraction has at most nine digits and no trailing
/// zeros, `Z` stands for offset zero, other offsets are kept. It takes what Go's parser takes: a
/// one-digit hour, a comma before the fraction, offset minutes up to 60. It refuses what Go cannot
/// write: offsets of a day and more.
Parsed<std::string> rewrite_rfc3339(std::string_view text);

}  // namespace n2c::go
