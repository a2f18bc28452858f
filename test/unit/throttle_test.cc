#include "registry/client/throttle.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "test/support/check_fails.h"

namespace throttle_test {

using namespace n2c;
using registry::Throttle;

TEST_CASE("too many halves what is in flight, each success gives one back") {
  Throttle throttle(16);
  for (int i = 0; i < 8; ++i) throttle.enter({});
  throttle.leave(Throttle::Outcome::too_many);
  CHECK(throttle.limit() == 4);
  throttle.leave(Throttle::Outcome::too_many);
  CHECK(throttle.limit() == 2);
  for (int i = 0; i < 6; ++i) throttle.leave(Throttle::Outcome::success);
  CHECK(throttle.limit() == 8);
}

TEST_CASE("one request is always let through, and never more than the most") {
  Throttle throttle(2);
  throttle.enter({});
  throttle.leave(Throttle::Outcome::too_many);
  CHECK(throttle.limit() == 1);
  for (int i = 0; i < 5; ++i) {
    throttle.enter({});
    throttle.leave(Throttle::Outcome::success);
  }
  CHECK(throttle.limit() == 2);
}

TEST_CASE("whoever waits for a place can be stopped") {
  Throttle throttle(1);
  throttle.enter({});
  std::stop_source stop;
  stop.request_stop();
  CHECK_FAILS(throttle.enter(stop.get_token()), ErrorKind::cancelled, "stopped");
}

}  // namespace throttle_test
