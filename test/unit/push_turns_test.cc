#include "places/push_turns.h"

#include <doctest/doctest.h>

#include <atomic>

#include "base/error.h"
#include "base/tasks.h"
#include "test/support/check_fails.h"

namespace push_turns_test {

using namespace n2c;
using n2c::test::failure_of;

namespace {

std::set<oci::Digest> layers(std::initializer_list<const char*> names) {
  std::set<oci::Digest> digests;
  for (const char* name : names) digests.insert(oci::Digest::of(name));
  return digests;
}

}  // namespace

TEST_CASE("an image waits for one that has a layer in common with it, and no other") {
  PushTurns turns({layers({"shared", "a"}), layers({"shared", "b"}), layers({"own"})}, 4);
  CHECK(turns.take({})->image == 0);
  const auto beside = turns.take({});
  CHECK(beside->image == 2);
  CHECK(beside->side_by_side == 2);
  turns.give_back(0, true);
  CHECK(turns.take({})->image == 1);
  CHECK_FALSE(turns.take({}));
}

TEST_CASE("what is shared is sent by one image, and then the others go side by side") {
  PushTurns turns(
      {layers({"base", "a"}), layers({"base", "b"}), layers({"base", "c"}), layers({"base", "d"})},
      2);
  CHECK(turns.take({})->side_by_side == 1);
  turns.give_back(0, true);
  CHECK(turns.take({})->side_by_side == 2);
  CHECK(turns.take({})->image == 2);
}

TEST_CASE("an image that failed has left nothing for those that share with it") {
  PushTurns turns({layers({"base", "a"}), layers({"base", "b"}), layers({"base", "c"})}, 4);
  CHECK(turns.take({})->image == 0);
  turns.give_back(0, false);
  CHECK(turns.take({})->side_by_side == 1);
}

TEST_CASE("an image of unknown layers is pushed alone") {
  PushTurns turns({layers({"a"}), layers({}), layers({"b"})}, 4);
  CHECK(turns.take({})->side_by_side == 2);
  CHECK(turns.take({})->image == 2);
  turns.give_back(0, true);
  turns.give_back(2, true);
  CHECK(turns.take({})->side_by_side == 1);
}

TEST_CASE(
    "the turns of very many images are given out without looking through all each time (#23)") {
  constexpr std::size_t many = 3000;
  std::vector<std::set<oci::Digest>> images(many);
  for (std::size_t i = 0; i < many; i += 2) images[i] = layers({"shared"});
  PushTurns turns(std::move(images), 4);
  for (std::size_t i = 0; i < many; ++i) {
    const auto turn = turns.take({});
    REQUIRE(turn);
    turns.give_back(turn->image, false);
  }
  CHECK_FALSE(turns.take({}));
}

TEST_CASE("who waits for a turn gets it when another ends, and is stopped by its stop") {
  PushTurns turns({layers({"a"}), layers({"a"})}, 4);
  std::atomic<int> pushed = 0;
  run_side_by_side(2, 2, {}, [&](std::size_t, const std::stop_token& stop) {
    while (const auto turn = turns.take(stop)) {
      ++pushed;
      turns.give_back(turn->image, true);
    }
  });
  CHECK(pushed == 2);
  PushTurns stopped({layers({"a"}), layers({"a"})}, 4);
  CHECK(stopped.take({}));
  std::stop_source stop;
  stop.request_stop();
  CHECK_FAILS(stopped.take(stop.get_token()), ErrorKind::cancelled, "stopped");
}

}  // namespace push_turns_test
