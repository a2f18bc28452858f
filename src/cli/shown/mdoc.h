#pragma once
/// Manual pages in mdoc(7), the language that man-db's groff and mandoc both read.

#include <string>
#include <string_view>

namespace n2c::cli {

/// Text as lines of mdoc, a sentence each: nothing in it is taken for a request or a macro.
std::string mdoc_text(std::string_view text);
/// One word as an argument of a macro.
std::string mdoc_word(std::string_view word);

}  // namespace n2c::cli
