/// The connection is cut at every place there is. Each push ends right, or with a clear error and
/// nothing tagged; none hangs, since every wait has a limit.

#include <doctest/doctest.h>

#include <cstdlib>

#include "test/support/push_rig.h"

namespace every_cut_test {

using namespace n2c;
using namespace n2c::test;
using namespace std::chrono_literals;

namespace {

bool is_long() { return std::getenv("N2C_TEST_LONG") != nullptr; }

/// Whole and tagged, or not tagged at all.
void check_ends_well(FaultyRegistry& registry, PushRig& rig, const PushOptions& options,
                     const Image& image) {
  try {
    const PushReport report = rig.push_as(image, options);
    CHECK(holds_whole(registry, report));
  } catch (const Error& error) {
    CHECK_FALSE(error.message().empty());
    CHECK(error.kind() != ErrorKind::internal);
    CHECK_FALSE(registry.store().find_tag("acme/app", "1"));
  }
  CHECK(registry.sessions_used_twice().empty());
}

PushOptions plain() { return {.tags = {"1"}, .compression = {.codec = Codec::none}}; }

}  // namespace

TEST_CASE("cut at every 64 KiB of a 16 MiB layer, the layer arrives") {
  const Image image = small_image(1, 16 << 20);
  const std::uint64_t step = is_long() ? 64 << 10 : 1 << 20;
  for (std::uint64_t at = 0; at <= 16 << 20; at += step) {
    for (const bool known : {true, false}) {
      CAPTURE(at);
      CAPTURE(known);
      FaultyRegistry registry;
      registry.when("PUT|PATCH", "/blobs/uploads/").nth(1).cut_after(at);
      PushRig rig(registry, {.profile = {.continue_from = 8 << 20}});
      PushOptions options = plain();
      if (!known) options.compression = {};
      const PushReport report = rig.push_as(image, options);
      CHECK(holds_whole(registry, report));
      CHECK(registry.sessions_used_twice().empty());
    }
  }
}

TEST_CASE("cut at every request of a push, before it is handled and before it is answered") {
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
          const PushReport report = rig.push_as(small_image(3, 2000), options);
          CHECK(holds_whole(registry, report));
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
  bool cut = true;
  for (int n = 1; cut; ++n) {
    CAPTURE(n);
    FaultyRegistry registry;
    registry.cut_request(n, n % 2 == 0);
    PushRig rig(registry, {.attempts = 1});
    check_ends_well(registry, rig, plain(), small_image(3, 2000));
    cut = static_cast<std::size_t>(n) <= registry.arrivals().size();
    REQUIRE(n < 200);
  }
}

TEST_CASE("with one request in ten failing, every push arrives whole") {
  const int pushes = is_long() ? 500 : 12;
  FaultyRegistry registry;
  registry.fail_at_random(0.1, 42, 1500ms);
  std::size_t wrong = 0;
  for (int i = 0; i < pushes; ++i) {
    CAPTURE(i);
    PushRig rig(registry, {.stall_timeout = 1s});
    const Image image = small_image(30, 500, 10 + static_cast<std::uint64_t>(i));
    const PushReport report = rig.push(image, {.tags = {"1"}});
    if (!holds_whole(registry, report)) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(registry.sessions_used_twice().empty());
}

}  // namespace every_cut_test
