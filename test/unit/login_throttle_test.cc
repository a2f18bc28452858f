#include "registry/server/guard/login_throttle.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "test/support/fake_clock.h"

namespace login_throttle_test {

using namespace n2c;
using namespace n2c::registry;
using namespace std::chrono_literals;

TEST_CASE("three wrong logins are free, and then each doubles the wait for the next") {
  test::FakeClock clock;
  LoginThrottle throttle(clock);
  std::vector<std::chrono::seconds> waits;
  for (int i = 0; i < 12; ++i) {
    waits.push_back(throttle.wait("ada"));
    clock.advance(waits.back());
    CHECK(throttle.wait("ada") == 0s);
    throttle.failed("ada");
  }
  CHECK(waits ==
        std::vector<std::chrono::seconds>{0s, 0s, 0s, 0s, 1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s});
  CHECK(throttle.wait("bob") == 0s);
}

TEST_CASE("a right login makes good, and so do ten minutes") {
  test::FakeClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < 5; ++i) throttle.failed("ada");
  CHECK(throttle.wait("ada") == 2s);
  throttle.succeeded("ada");
  CHECK(throttle.wait("ada") == 0s);
  for (int i = 0; i < 20; ++i) throttle.failed("ada");
  CHECK(throttle.wait("ada") == 60s);
  clock.advance(11min);
  throttle.failed("ada");
  CHECK(throttle.wait("ada") == 0s);
}

TEST_CASE("as many as are counted, the one that was wrong last is among them") {
  test::FakeClock clock;
  LoginThrottle throttle(clock);
  for (std::size_t i = 0; i < LoginThrottle::most + 10; ++i) {
    for (int times = 0; times < 5; ++times) throttle.failed(cat(i));
    clock.advance(1us);
  }
  CHECK(throttle.wait("0") == 0s);
  CHECK(throttle.wait("9") == 0s);
  CHECK(throttle.wait("10") == 2s);
  CHECK(throttle.wait(cat(LoginThrottle::most + 9)) == 2s);
}

}  // namespace login_throttle_test
