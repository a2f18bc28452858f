#pragma once
/// The parts of Go's fmt, strconv and io/fs that upstream's behaviour and messages depend on.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace n2c::go {

/// %q: in double quotes, with Go's escapes. What is not printable ASCII or valid UTF-8 is
/// escaped; every other Unicode character is taken for printable.
std::string quote(std::string_view text);

/// What scanf's %o reads at the start of a text (docs/format.md B8.4).
struct ScannedOctal {
  std::int64_t value = 0;
  bool whole = false;  ///< nothing but the digits, of which at most 7: the text means its value
};
/// Reads blanks, a sign and octal digits. What follows is ignored, as Go does. The error is Go's
/// text ("not an octal number").
Parsed<ScannedOctal> scan_octal(std::string_view text);

/// A file's st_mode as Go prints it (docs/format.md E5.6): "dr-xr-xr-x", "Lrwxrwxrwx".
std::string mode_text(std::uint32_t st_mode);

/// An errno's text as Go says it: "no such file or directory".
std::string errno_text(int number);

}  // namespace n2c::go
