#include "http/reply_pace.h"

#include <doctest/doctest.h>

namespace reply_pace_test {

using n2c::http::ReplyPace;
using namespace std::chrono_literals;

namespace {

constexpr ReplyPace::Time start{};

}  // namespace

TEST_CASE("a reply is too slow when a minute of it brings less than 1 KiB a second (#16)") {
  ReplyPace drip(1024, 60s);
  ReplyPace just_enough(1024, 60s);
  for (auto second = 0s; second < 60s; second += 1s) {
    drip.came(1, start + second);
    just_enough.came(1024, start + second);
    CHECK_FALSE(drip.is_too_slow(start + second));
  }
  CHECK(drip.is_too_slow(start + 60s));
  CHECK_FALSE(just_enough.is_too_slow(start + 60s));
}

TEST_CASE("a reply that was quick at first does not live on that") {
  ReplyPace pace(1024, 60s);
  pace.came(1 << 30, start);
  CHECK_FALSE(pace.is_too_slow(start + 60s));
  pace.came(1, start + 61s);
  CHECK_FALSE(pace.is_too_slow(start + 119s));
  CHECK(pace.is_too_slow(start + 120s));
}

TEST_CASE("what was not taken, and what has not begun, is not slow") {
  ReplyPace pace(1024, 60s);
  CHECK_FALSE(pace.is_too_slow(start + 1h));
  pace.came(1, start + 1h);
  pace.restart(start + 2h);
  CHECK_FALSE(pace.is_too_slow(start + 2h + 59s));
  CHECK(pace.is_too_slow(start + 2h + 60s));
  ReplyPace without_a_rate(0, 60s);
  without_a_rate.came(1, start);
  CHECK_FALSE(without_a_rate.is_too_slow(start + 1h));
}

}  // namespace reply_pace_test
