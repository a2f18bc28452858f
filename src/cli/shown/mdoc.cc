#include "cli/shown/mdoc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/text.h"

namespace n2c::cli {

namespace {

/// The code point of a valid UTF-8 character of several bytes.
std::uint32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(character[at]); };
  std::uint32_t code = byte(0) & (0xFFU >> (character.size() + 1));
  for (std::size_t at = 1; at < character.size(); ++at) code = code << 6U | (byte(at) & 0x3FU);
  return code;
}

/// With the escapes of roff: "-" is what is typed, and what is not ASCII has its number.
std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
    if (length > 1) {
      result += fmt::format("\\[u{:04X}]", code_point(text.substr(0, length)));
    } else if (text.front() == '\\') {
      result += "\\e";
    } else if (text.front() == '-') {
      result += "\\-";
    } else {
      result += text.front();
    }
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace

std::string mdoc_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto end = text.find(". ");
    const std::string_view sentence = text.substr(0, end == std::string_view::npos ? end : end + 1);
    if (sentence.starts_with('.') || sentence.starts_with('\'')) result += "\\&";
    result += escaped(sentence) + '\n';
    text.remove_prefix(sentence.size());
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  return result;
}

std::string mdoc_word(std::string_view word) { return "\\&" + escaped(word); }

}  // namespace n2c::cli
