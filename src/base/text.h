#pragma once
/// Small things done to text.

#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/printable.h"

namespace n2c {

namespace detail {
inline void append(std::string& to, std::string_view text) { to += text; }
inline void append(std::string& to, char c) { to += c; }
template <std::integral T>
void append(std::string& to, T number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  to.append(digits.data(), end);
}
}  // namespace detail

/// The parts, one after another: text, characters and whole numbers.
template <class... Parts>
std::string cat(const Parts&... parts) {
  std::string text;
  (detail::append(text, parts), ...);
  return text;
}

/// "512 B", "34.1 MiB", "2.0 GiB".
std::string brief_bytes(std::uint64_t count);
/// "0.3 s", "12.4 s", "2 min 05 s".
std::string brief_duration(std::chrono::nanoseconds elapsed);

std::string lower_ascii(std::string_view text);
/// The text without spaces, tabs, CR and LF at both ends.
std::string_view trim(std::string_view text);
/// The parts between the separators; "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
/// "a, b, c".
std::string comma_list(std::span<const std::string> words);
/// The text before and after the first separator; nothing when there is none.
std::optional<std::pair<std::string_view, std::string_view>> cut(std::string_view text,
                                                                 char separator);

/// A whole decimal number without sign, or nothing.
std::optional<std::uint64_t> parse_number(std::string_view text);
std::string hex_of(std::string_view bytes);

/// How many bytes the UTF-8 character at the start of `text` has (Unicode, table 3-7). 0 for empty
/// text, and for a byte that begins no valid character.
std::size_t utf8_length(std::string_view text);
/// How many columns of a terminal the text takes, each character for one.
std::size_t columns_of(std::string_view text);
/// U+FFFD, which stands for what is not UTF-8.
inline constexpr std::string_view replacement_character = "\xef\xbf\xbd";

}  // namespace n2c
