#include "base/retry.h"

#include <doctest/doctest.h>

namespace retry_test {

using namespace n2c;
using namespace std::chrono_literals;

namespace {

std::optional<std::chrono::milliseconds> after(std::string_view value) {
  // 1994-11-06 08:49:00 UTC
  const std::chrono::system_clock::time_point now =
      std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min;
  return parse_retry_after(value, now);
}

}  // namespace

TEST_CASE("waits double, with jitter, up to a longest one") {
  std::mt19937_64 rng(1);
  const RetryPolicy policy{.attempts = 100, .first_delay = 100ms, .longest_delay = 1000ms};
  for (int round = 0; round < 50; ++round) {
    const auto first = policy.delay(1, 0ms, {}, rng);
    const auto third = policy.delay(3, 0ms, {}, rng);
    const auto later = policy.delay(60, 0ms, {}, rng);
    REQUIRE((first && third && later));
    CHECK((*first >= 50ms && *first <= 100ms));
    CHECK((*third >= 200ms && *third <= 400ms));
    CHECK((*later >= 500ms && *later <= 1000ms));
  }
}

TEST_CASE("two clients that failed together do not come back together") {
  const RetryPolicy policy;
  std::mt19937_64 one(1);
  std::mt19937_64 two(2);
  CHECK(policy.delay(4, 0ms, {}, one) != policy.delay(4, 0ms, {}, two));
}

TEST_CASE("a reply is asked for again when its status may pass, and only then") {
  for (const int status : {408, 425, 429, 499, 500, 502, 503, 504, 506, 507, 511, 520, 524, 599}) {
    CAPTURE(status);
    CHECK(is_passing_status(status));
  }
  for (const int status : {100, 200, 201, 202, 301, 307, 400, 401, 403, 404, 405, 409,
                           411, 413, 416, 422, 428, 431, 451, 498, 501, 505, 600}) {
    CAPTURE(status);
    CHECK(!is_passing_status(status));
  }
}

TEST_CASE("trying ends with the attempts or with the time") {
  std::mt19937_64 rng(1);
  const RetryPolicy policy{.attempts = 3, .first_delay = 1s, .max_time = 10s};
  CHECK(policy.delay(2, 0ms, {}, rng));
  CHECK_FALSE(policy.delay(3, 0ms, {}, rng));
  CHECK_FALSE(policy.delay(1, 9900ms, {}, rng));
  CHECK_FALSE(policy.delay(1, 20s, {}, rng));
}

TEST_CASE("the server's Retry-After is the wait, unless it is longer than we try") {
  std::mt19937_64 rng(1);
  const RetryPolicy policy{.max_time = 60s};
  CHECK(policy.delay(1, 0ms, 7s, rng) == 7s);
  CHECK(policy.delay(1, 0ms, 45s, rng) == 45s);
  CHECK_FALSE(policy.delay(1, 30s, 45s, rng));
}

TEST_CASE("Retry-After 0 does not make us hammer") {
  std::mt19937_64 rng(1);
  const RetryPolicy policy{.first_delay = 400ms};
  const auto wait = policy.delay(1, 0ms, 0ms, rng);
  REQUIRE(wait);
  CHECK(*wait >= 200ms);
}

TEST_CASE("Retry-After is read as seconds or as any HTTP date") {
  CHECK(after("120") == 120s);
  CHECK(after(" 0 ") == 0s);
  CHECK(after("Sun, 06 Nov 1994 08:49:37 GMT") == 37s);
  CHECK(after("Sunday, 06-Nov-94 08:49:37 GMT") == 37s);
  CHECK(after("Sun Nov  6 08:49:37 1994") == 37s);
  CHECK(after("Sun, 06 Nov 1994 08:48:00 GMT") == 0s);
}

TEST_CASE("a Retry-After of any size and a date of any year are read, at most as a year (#23)") {
  constexpr std::chrono::seconds a_year(366 * 24 * 3600);
  CHECK(after("99999999999999999") == a_year);
  CHECK(after("99999999999999999999999999") == a_year);
  for (const char* year : {"1996", "2262", "2263", "2300", "9999"}) {
    CHECK(after("Sun, 07 Nov " + std::string(year) + " 08:49:37 GMT") == a_year);
  }
  for (const char* year : {"0100", "1000", "1677", "1969"}) {
    CHECK(after("Sun, 06 Nov " + std::string(year) + " 08:49:37 GMT") == 0s);
  }
  CHECK(after("Mon, 07 Nov 1994 08:49:00 GMT") == 24h);
}

TEST_CASE("a Retry-After that is neither is ignored") {
  for (const char* value :
       {"", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Abc 1994 08:49:37 GMT"}) {
    CHECK_MESSAGE(!after(value), value);
  }
}

}  // namespace retry_test
