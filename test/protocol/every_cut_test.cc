/// The connection is cut at every place there is. Each push ends right, or with a clear error and
/// nothing tagged; none hangs, since every wait has a limit.

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "test/support/figures.h"
#include "test/support/push_rig.h"

namespace every_cut_test {

using namespace n2c;
using namespace n2c::test;
using namespace std::chrono_literals;

namespace {

/// How many times as many places and pushes as usual: $N2C_TEST_TIMES, or `when_long` where there
/// is $N2C_TEST_LONG.
std::uint64_t times(std::uint64_t when_long) {
  if (const char* asked = std::getenv("N2C_TEST_TIMES")) return std::stoull(asked);
  return std::getenv("N2C_TEST_LONG") != nullptr ? when_long : 1;
}

/// Whole and tagged, or not tagged at all.
void check_ends_well(Figures& figures, FaultyRegistry& registry, PushRig& rig,
                     const PushOptions& options, const Image& image) {
  try {
    const PushReport report = rig.push_as(image, options);
    const bool is_whole = holds_whole(registry, report);
    CHECK(is_whole);
    figures.right(is_whole);
  } catch (const Error& error) {
    const bool is_tagged = registry.store().find_tag("acme/app", "1").has_value();
    CHECK_FALSE(error.message().empty());
    CHECK(error.kind() != ErrorKind::internal);
    CHECK_FALSE(is_tagged);
    if (!is_tagged) figures.clear_error();
  }
  CHECK(registry.sessions_used_twice().empty());
}

PushOptions plain() { return {.tags = {"1"}, .compression = {.codec = Codec::none}}; }

}  // namespace

TEST_CASE("cut at every 64 KiB of a 16 MiB layer, the layer arrives") {
  const Image image = small_image(1, 16 << 20);
  const std::uint64_t step = (1 << 20) / times(16);
  Figures figures("a layer of 16 MiB is cut at one place in its middle");
  for (std::uint64_t at = 0; at <= 16 << 20; at += step) {
    for (const bool known : {true, false}) {
      CAPTURE(at);
      CAPTURE(known);
      FaultyRegistry registry;
      registry.when("PUT|PATCH", "/blobs/uploads/").nth(1).cut_after(at);
      PushRig rig(registry, {.profile = {.continue_from = 8 << 20}});
      PushOptions options = plain();
      if (!known) options.compression = {};
      figures.begin();
      const PushReport report = rig.push_as(image, options);
      const bool is_whole = holds_whole(registry, report);
      figures.right(is_whole);
      CHECK(is_whole);
      CHECK(registry.sessions_used_twice().empty());
    }
  }
}

TEST_CASE("cut at every request of a push, before it is handled and before it is answered") {
  Figures figures("one request of a push is cut, on its way there or back");
  for (const Personality& personality : {Personality{}, gitlab(), ecr()}) {
    for (const bool handled : {false, true}) {
      for (const bool compressed : {false, true}) {
        bool cut = true;
        for (int n = 1; cut; ++n) {
          CAPTURE(personality.registry);
          CAPTURE(n);
          FaultyRegistry registry(personality);
          registry.cut_request(n, handled);
          PushRig rig(registry);
          PushOptions options = plain();
          if (compressed) options.compression = {};
          figures.begin();
          const PushReport report = rig.push_as(small_image(3, 2000), options);
          const bool is_whole = holds_whole(registry, report);
          figures.right(is_whole);
          CHECK(is_whole);
          CHECK(registry.sessions_used_twice().empty());
          cut = static_cast<std::size_t>(n) <= registry.arrivals().size();
          REQUIRE(n < 200);
        }
      }
    }
  }
}

TEST_CASE(
    "without a second try, each cut ends in a clear error and nothing tagged, or does not matter") {
  Figures figures("the same, and nothing is tried again");
  bool cut = true;
  for (int n = 1; cut; ++n) {
    CAPTURE(n);
    FaultyRegistry registry;
    registry.cut_request(n, n % 2 == 0);
    PushRig rig(registry, {.attempts = 1});
    figures.begin();
    check_ends_well(figures, registry, rig, plain(), small_image(3, 2000));
    cut = static_cast<std::size_t>(n) <= registry.arrivals().size();
    REQUIRE(n < 200);
  }
}

TEST_CASE("with one request in ten failing, every push arrives whole") {
  const std::uint64_t pushes = 12 * times(42);
  Figures figures("one request in ten fails, of a push of 30 layers");
  FaultyRegistry registry;
  registry.fail_at_random(0.1, 42, 1500ms);
  std::size_t wrong = 0;
  for (std::uint64_t i = 0; i < pushes; ++i) {
    CAPTURE(i);
    PushRig rig(registry, {.stall_timeout = 1s});
    const Image image = small_image(30, 500, 10 + i);
    figures.begin();
    const PushReport report = rig.push(image, {.tags = {"1"}});
    const bool is_whole = holds_whole(registry, report);
    figures.right(is_whole);
    wrong += is_whole ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(registry.sessions_used_twice().empty());
}

}  // namespace every_cut_test
