#pragma once
/// How long to wait before trying again, and when to stop trying. No I/O and no clock.

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace n2c {

struct RetryPolicy {
  int attempts = 8;                            ///< tries in all; --retry N is N further ones
  std::chrono::milliseconds first_delay{500};  ///< doubled at every further try
  std::chrono::milliseconds longest_delay{30'000};
  std::chrono::seconds max_time{900};  ///< from the first try to the start of the last

  /// How long to wait after failed try number `attempt` (from 1). `elapsed` is the time since the
  /// first try began. The wait is `retry_after` where the server named one above 0; else it grows
  /// exponentially and is multiplied by 0.5 to 1, by `rng`. Returns nothing to give up: the tries
  /// or the time are used up, or the server asks for too long a wait.
  std::optional<std::chrono::milliseconds> delay(
      int attempt, std::chrono::milliseconds elapsed,
      std::optional<std::chrono::milliseconds> retry_after, std::mt19937_64& rng) const;
};

/// A try that failed and is made again, in words.
struct RetryNotice {
  std::string why;   ///< with the request: "PUT https://ghcr.io/…: 503"
  std::string kind;  ///< alike for all requests that met the same: "ghcr.io: 503"
  std::string next;  ///< "trying again in 0.5 s (try 2 of 8)"
};

/// Whether a reply of this status may be another one when the same is asked again: 408, 425, 429,
/// 499 and every 5xx but 501 and 505. The only place that says so.
bool is_passing_status(int status);

/// A date in one of HTTP's three forms (RFC 9110 §5.6.7): IMF-fixdate "Sun, 06 Nov 1994 08:49:37
/// GMT", RFC 850 "Sunday, 06-Nov-94 08:49:37 GMT" and asctime "Sun Nov  6 08:49:37 1994". A year of
/// two digits is the nearest to `now`. The year may be any up to 9999: count in seconds, since the
/// system clock's nanoseconds end in 2262.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                        std::chrono::system_clock::time_point now);

/// A Retry-After value: seconds, or an HTTP date (RFC 9110 §10.2.3) seen from `now`. Past
/// dates give 0, what is more than a year away a year.
std::optional<std::chrono::milliseconds> parse_retry_after(
    std::string_view value, std::chrono::system_clock::time_point now);

}  // namespace n2c
