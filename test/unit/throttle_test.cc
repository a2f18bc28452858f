#include "registry/client/throttle.h"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

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

TEST_CASE("replies are slow by what the quickest took, and too much by most of a round") {
  using namespace std::chrono_literals;
  using registry::Pace;
  using enum Pace::Verdict;
  struct Row {
    const char* what;
    std::size_t in_flight;
    std::vector<std::chrono::milliseconds> took;
    std::vector<Pace::Verdict> verdicts;
  };
  for (const auto& [what, in_flight, took, verdicts] : std::vector<Row>{
           {"near", 2, {1ms, 20ms, 490ms, 500ms}, {usual, usual, usual, usual}},
           {"far, and always was", 1, {2s, 2s, 7s, 8s}, {usual, usual, usual, usual}},
           {"far, and slow", 1, {2s, 8001ms}, {usual, too_much}},
           {"near, and slow", 4, {1ms, 600ms, 600ms, 600ms}, {usual, slow, slow, too_much}},
           {"half of a round", 4, {1ms, 600ms, 2ms, 600ms}, {usual, slow, usual, slow}},
           {"a round each",
            2,
            {1ms, 1ms, 1s, 1s, 1s, 1s},
            {usual, usual, slow, too_much, slow, too_much}},
           {"well again", 2, {1ms, 1s, 1s, 9ms, 9ms}, {usual, slow, slow, usual, usual}},
           {"none in flight", 0, {1ms, 1s}, {usual, too_much}},
       }) {
    CAPTURE(what);
    Pace pace;
    for (std::size_t i = 0; i < took.size(); ++i) {
      CAPTURE(i);
      CHECK(pace.judge(took[i], in_flight) == verdicts[i]);
    }
  }
}

TEST_CASE("slow answers halve what is in flight down to eight, and quick ones give back") {
  using namespace std::chrono_literals;
  Throttle throttle(64);
  const auto answer = [&](int count, std::chrono::milliseconds took) {
    for (int i = 0; i < count; ++i) throttle.enter({});
    for (int i = 0; i < count; ++i) throttle.leave(Throttle::Outcome::success, took);
    return throttle.limit();
  };
  CHECK(answer(40, 10ms) == 64);
  CHECK(answer(40, 900ms) == 20);
  CHECK(answer(20, 900ms) == 10);
  CHECK(answer(10, 900ms) == 8);
  CHECK(answer(8, 900ms) == 8);
  CHECK(answer(6, 10ms) == 14);
  // Whatever takes long by its own nature says nothing of the host.
  for (int i = 0; i < 14; ++i) throttle.enter({});
  for (int i = 0; i < 14; ++i) throttle.leave(Throttle::Outcome::success);
  CHECK(throttle.limit() == 28);
}

TEST_CASE("whoever waits for a place can be stopped") {
  Throttle throttle(1);
  throttle.enter({});
  std::stop_source stop;
  stop.request_stop();
  CHECK_FAILS(throttle.enter(stop.get_token()), ErrorKind::cancelled, "stopped");
}

}  // namespace throttle_test
