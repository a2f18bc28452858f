#include "go/strconv.h"

#include <charconv>
#include <limits>
#include <string>

#include "base/text.h"

namespace n2c::go {

namespace {

struct Digits {
  int base = 10;
  std::string_view text;          ///< behind the prefix
  bool has_prefix_digit = false;  ///< an underscore may follow the prefix at once
};

Digits without_prefix(std::string_view text) {
  if (!text.starts_with('0')) return {10, text, false};
  const char letter = text.size() >= 3 ? lower_ascii(text.substr(1, 1)).front() : '\0';
  switch (letter) {
    case 'x': return {16, text.substr(2), true};
    case 'o': return {8, text.substr(2), true};
    case 'b': return {2, text.substr(2), true};
    default: return {8, text.substr(1), true};
  }
}

/// The digits without their underscores; nothing where one does not stand between digits.
std::optional<std::string> without_underscores(const Digits& digits) {
  std::string plain;
  bool after_digit = digits.has_prefix_digit;
  for (const char c : digits.text) {
    if (c == '_' && !after_digit) return std::nullopt;
    after_digit = c != '_';
    if (c != '_') plain += c;
  }
  if (!after_digit) return std::nullopt;
  return plain;
}

}  // namespace

Parsed<std::int64_t> parse_int(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return std::unexpected(cat("\"", printable(text, 60), "\" ", why));
  };
  const bool negative = text.starts_with('-');
  std::string_view rest = text;
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty()) return refuse("is not a number");
  if (rest == "0") return 0;
  const Digits digits = without_prefix(rest);
  const auto plain = without_underscores(digits);
  if (!plain || plain->empty()) return refuse("is not a number");
  std::uint64_t magnitude = 0;
  const char* end = plain->data() + plain->size();
  const auto result = std::from_chars(plain->data(), end, magnitude, digits.base);
  if (result.ptr != end) return refuse("is not a number");
  const std::uint64_t limit =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (negative ? 1 : 0);
  if (result.ec != std::errc{} || magnitude > limit) return refuse("is too large");
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

}  // namespace n2c::go
