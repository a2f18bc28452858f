#include "go/rfc3339.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/text.h"

namespace n2c::go {

namespace {

/// Takes characters off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// The digits at the front, `least` to `most` of them.
  std::optional<std::string_view> digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    while (count < most && count < rest_.size() && is_digit(rest_[count])) ++count;
    if (count < least) return std::nullopt;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  /// A number of `least` to `most` digits within [low, high].
  std::optional<unsigned> number(std::size_t least, std::size_t most, unsigned low, unsigned high) {
    const auto text = digits(least, most);
    if (!text) return std::nullopt;
    const auto value = static_cast<unsigned>(*parse_number(*text));
    return value >= low && value <= high ? std::optional(value) : std::nullopt;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view rest_;
};

unsigned days_in(unsigned year, unsigned month) {
  static constexpr std::array<unsigned, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days.at(month - 1);
}

std::optional<std::string> read_date(Cursor& text) {
  const auto year = text.number(4, 4, 0, 9999);
  if (!year || !text.take('-')) return std::nullopt;
  const auto month = text.number(2, 2, 1, 12);
  if (!month || !text.take('-')) return std::nullopt;
  const auto day = text.number(2, 2, 1, days_in(*year, *month));
  if (!day) return std::nullopt;
  return fmt::format("{:04}-{:02}-{:02}", *year, *month, *day);
}

std::optional<std::string> read_clock(Cursor& text) {
  const auto hour = text.number(1, 2, 0, 23);
  if (!hour || !text.take(':')) return std::nullopt;
  const auto minute = text.number(2, 2, 0, 59);
  if (!minute || !text.take(':')) return std::nullopt;
  const auto second = text.number(2, 2, 0, 59);
  if (!second) return std::nullopt;
  std::string clock = fmt::format("{:02}:{:02}:{:02}", *hour, *minute, *second);
  if (!text.take('.') && !text.take(',')) return clock;
  const auto digits = text.digits(1, std::string_view::npos);
  if (!digits) return std::nullopt;
  std::string fraction(digits->substr(0, 9));
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction.empty() ? clock : clock + "." + fraction;
}

std::optional<std::string> read_offset(Cursor& text) {
  if (text.take('Z')) return "Z";
  const bool west = text.take('-');
  if (!west && !text.take('+')) return std::nullopt;
  const auto hours = text.number(2, 2, 0, 24);
  if (!hours || !text.take(':')) return std::nullopt;
  const auto minutes = text.number(2, 2, 0, 60);
  if (!minutes) return std::nullopt;
  const unsigned total = *hours * 60 + *minutes;
  if (total >= 24 * 60) return std::nullopt;
  if (total == 0) return "Z";
  return fmt::format("{}{:02}:{:02}", west ? '-' : '+', total / 60, total % 60);
}

}  // namespace

Parsed<std::string> rewrite_rfc3339(std::string_view text) {
  Cursor cursor(text);
  const auto date = read_date(cursor);
  const bool parted = date && cursor.take('T');
  const auto clock = parted ? read_clock(cursor) : std::nullopt;
  const auto offset = clock ? read_offset(cursor) : std::nullopt;
  if (!offset || !cursor.at_end()) {
    return std::unexpected(
        cat("\"", printable(text, 60), "\" is not a time like 2006-01-02T15:04:05Z (RFC 3339)"));
  }
  return *date + "T" + *clock + *offset;
}

}  // namespace n2c::go
