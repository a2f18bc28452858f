// Which clients of the registry ask so much that others go first.
#include "registry/server/net/haste.h"

#include <doctest/doctest.h>

namespace haste_test {

namespace {

using n2c::registry::Haste;
using std::chrono::milliseconds;

/// Whether the last of so many requests, each so long after the one before, is too much.
bool is_last_too_much(int requests, milliseconds between) {
  Haste haste;
  Haste::TimePoint now{std::chrono::hours(1)};
  bool is_too_great = false;
  for (int i = 0; i < requests; ++i, now += between) is_too_great = haste.is_too_great(now, false);
  return is_too_great;
}

}  // namespace

TEST_CASE("a client that asks on before it is answered lets others go first") {
  Haste haste;
  CHECK_FALSE(haste.is_too_great(Haste::TimePoint{std::chrono::hours(1)}, false));
  CHECK(haste.is_too_great(Haste::TimePoint{std::chrono::hours(1)}, true));
}

TEST_CASE("a client with more than 50 requests in a tenth of a second lets others go first") {
  CHECK_FALSE(is_last_too_much(50, milliseconds(0)));
  CHECK(is_last_too_much(51, milliseconds(0)));
  CHECK(is_last_too_much(51, milliseconds(1)));
  CHECK_FALSE(is_last_too_much(10'000, milliseconds(2)));
}

}  // namespace haste_test
