#include "base/tasks.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>

#include "base/error.h"
#include "test/support/check_fails.h"

namespace tasks_test {

using namespace n2c;

TEST_CASE("work side by side does every index once") {
  std::array<std::atomic<int>, 100> done{};
  run_side_by_side(100, 8, {}, [&](std::size_t i, std::stop_token) { ++done.at(i); });
  for (const auto& count : done) CHECK(count == 1);
}

TEST_CASE("the first failure is thrown, and the cancellations it caused are not") {
  const auto run = [] {
    run_side_by_side(50, 4, {}, [](std::size_t i, std::stop_token stop) {
      if (i == 3) throw Error(ErrorKind::network, "cut");
      while (i < 3 && !stop.stop_requested()) {
      }
      if (i < 3) throw Error(ErrorKind::cancelled, "stopped");
    });
  };
  CHECK_THROWS_WITH_AS(run(), "cut", Error);
}

TEST_CASE("a stop from outside ends the work as cancelled") {
  std::stop_source source;
  const auto run = [&] {
    run_side_by_side(1000, 2, source.get_token(), [&](std::size_t i, std::stop_token) {
      if (i == 10) source.request_stop();
    });
  };
  CHECK_FAILS(run(), ErrorKind::cancelled, "stopped on request");
}

}  // namespace tasks_test
