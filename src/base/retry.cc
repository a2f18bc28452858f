#include "base/retry.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/large_number.h"
#include "base/text.h"

namespace n2c {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

milliseconds exponential(const RetryPolicy& policy, int attempt, std::mt19937_64& rng) {
  milliseconds wait = policy.first_delay;
  for (int i = 1; i < attempt && wait < policy.longest_delay; ++i) wait *= 2;
  wait = std::min(wait, policy.longest_delay);
  std::uniform_real_distribution<double> share(0.5, 1.0);
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * share(rng)));
}

std::optional<std::chrono::month> parse_month(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::ranges::find(months, text);
  if (found == months.end()) return std::nullopt;
  return std::chrono::month(static_cast<unsigned>(found - months.begin()) + 1);
}

std::optional<seconds> parse_time_of_day(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  const auto hour = parse_number(parts[0]);
  const auto minute = parse_number(parts[1]);
  const auto second = parse_number(parts[2]);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  return seconds(static_cast<std::int64_t>(*hour * 3600 + *minute * 60 + *second));
}

/// Two digits are the nearest century's (RFC 9110 §5.6.7 asks for the same).
int full_year(std::uint64_t year, std::chrono::system_clock::time_point now) {
  if (year >= 100) return static_cast<int>(year);
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const int this_year = static_cast<int>(today.year());
  const int guess = this_year - this_year % 100 + static_cast<int>(year);
  return guess > this_year + 50 ? guess - 100 : guess;
}

/// The words of a date in any of the three forms: spaces, commas and dashes apart.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t start = text.find_first_not_of(" ,-");
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(" ,-"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

/// Nobody waits so long, and sums of it do not overflow.
constexpr seconds longest_retry_after{366 * 24 * 3600};

}  // namespace

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                        std::chrono::system_clock::time_point now) {
  const auto words = words_of(text);
  const bool asctime = words.size() == 5;
  if (!asctime && (words.size() != 6 || words[5] != "GMT")) return std::nullopt;
  const auto day = parse_number(words[asctime ? 2 : 1]);
  const auto month = parse_month(words[asctime ? 1 : 2]);
  const auto year = parse_number(words[asctime ? 4 : 3]);
  const auto time = parse_time_of_day(words[asctime ? 3 : 4]);
  if (!day || !month || !year || !time || *day > 31 || *year > 9999) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(full_year(*year, now)), *month,
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + *time;
}

std::optional<milliseconds> RetryPolicy::delay(int attempt, milliseconds elapsed,
                                               std::optional<milliseconds> retry_after,
                                               std::mt19937_64& rng) const {
  if (attempt >= attempts) return std::nullopt;
  const bool named = retry_after && *retry_after > milliseconds(0);
  const milliseconds wait = named ? *retry_after : exponential(*this, attempt, rng);
  if (elapsed > max_time || wait > max_time - elapsed) return std::nullopt;
  return wait;
}

bool is_passing_status(int status) {
  if (status >= 500) return status <= 599 && status != 501 && status != 505;
  return status == 408 || status == 425 || status == 429 || status == 499;
}

std::optional<milliseconds> parse_retry_after(std::string_view value,
                                              std::chrono::system_clock::time_point now) {
  value = trim(value);
  if (const auto count = parse_large_number(value)) {
    constexpr auto most = static_cast<std::uint64_t>(longest_retry_after.count());
    return seconds(static_cast<std::int64_t>(std::min(*count, most)));
  }
  const auto date = parse_http_date(value, now);
  if (!date) return std::nullopt;
  // In seconds, which a date of any year fits into. The nanoseconds of `now` reach to 2262.
  const seconds until = *date - std::chrono::floor<seconds>(now);
  if (until <= seconds(0)) return milliseconds(0);
  if (until > longest_retry_after) return longest_retry_after;
  return std::chrono::ceil<milliseconds>(*date - now);
}

}  // namespace n2c
