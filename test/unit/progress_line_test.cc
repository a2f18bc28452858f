#include "console/progress_line.h"

#include <doctest/doctest.h>

#include <array>

#include "base/text.h"

namespace progress_line_test {

using namespace n2c;
using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1 << 20;

ProgressFacts half_way() {
  return {.moment = {.done = 99,
                     .blobs = 100,
                     .sent = 124 * mib,
                     .total = 268 * mib,
                     .is_estimate = true,
                     .label = "nodejs"},
          .percent = 46,
          .bytes_per_second = 1.9 * mib};
}

TEST_CASE("a wide terminal is told all there is to say") {
  CHECK(
      progress_bar(half_way(), 100) ==
      "[######.........] 46 %  124 of ~268 MiB  1.9 MiB/s  1 min 16 s left  99/100 layers  nodejs");
}

TEST_CASE("what matters least is left out where not all fits") {
  CHECK(progress_bar(half_way(), 88) ==
        "[######.........] 46 %  124 of ~268 MiB  1.9 MiB/s  1 min 16 s left  99/100 layers");
  CHECK(progress_bar(half_way(), 70) ==
        "46 %  124 of ~268 MiB  1.9 MiB/s  1 min 16 s left  99/100 layers");
  CHECK(progress_bar(half_way(), 29) == "46 %  124 of ~268 MiB");
  CHECK(progress_bar(half_way(), 10) == "46 %");
  CHECK(progress_bar(half_way(), 3) == "");
}

TEST_CASE("no line is wider than the terminal") {
  for (std::size_t width = 0; width < 120; ++width) {
    CHECK(columns_of(progress_bar(half_way(), width)) <= width);
    CHECK(columns_of(phase_line("the engine is unpacking", true, 12s, width)) <= width);
    const BlobMoment blob{.bytes = 40 * mib, .sent = mib, .label = "a-läbel"};
    CHECK(columns_of(blob_bar(blob, 1, width)) <= width);
  }
}

TEST_CASE("what layers shrink to is taken from those that were compressed") {
  const std::array blobs = {
      BlobMoment{.bytes = 100, .is_compressed_on_the_way = true, .sent = 25, .done = true},
      BlobMoment{.bytes = 100, .is_compressed_on_the_way = true, .sent = 10},
      BlobMoment{.bytes = 50}};
  const TransferMoment moment = moment_of(blobs, 0.25);
  CHECK(moment.sent == 35);
  CHECK(moment.total == 25 + 25 + 50);
  CHECK(moment.is_estimate);
  CHECK(moment.done == 1);
}

TEST_CASE(
    "a layer that came out larger than was thought raises the total, not the percent above 99") {
  const std::array blobs = {BlobMoment{.bytes = 100, .is_compressed_on_the_way = true, .sent = 90}};
  const TransferMoment moment = moment_of(blobs, 0.25);
  CHECK(moment.total == 90);
  CHECK(moment.percent() == 99);
}

TEST_CASE("100 percent is said only when the peer has everything") {
  BlobMoment blob{.bytes = 10, .sent = 10};
  CHECK(moment_of({&blob, 1}, 1).percent() == 99);
  blob.done = true;
  CHECK(moment_of({&blob, 1}, 1).percent() == 100);
}

TEST_CASE("a blob that turned out to be there weighs nothing") {
  const std::array blobs = {BlobMoment{.bytes = 1000, .done = true}, BlobMoment{.bytes = 10}};
  CHECK(moment_of(blobs, 1).total == 10);
}

TEST_CASE("the rate is that of the last ten seconds") {
  Rate rate;
  const Rate::Time began{};
  rate.add(began, 0);
  CHECK_FALSE(rate.bytes_per_second().has_value());
  for (int second = 1; second <= 60; ++second) {
    const std::uint64_t sent = second < 40 ? 0 : static_cast<std::uint64_t>(second - 40) * 100;
    rate.add(began + std::chrono::seconds(second), sent);
  }
  REQUIRE(rate.bytes_per_second().has_value());
  CHECK(*rate.bytes_per_second() == doctest::Approx(100));
}

TEST_CASE("while nothing moves no rate is said") {
  Rate rate;
  for (int second = 0; second < 20; ++second) {
    rate.add(Rate::Time{} + std::chrono::seconds(second), 7);
  }
  CHECK_FALSE(rate.bytes_per_second().has_value());
}

TEST_CASE("a log is told in sentences") {
  CHECK(progress_sentence(half_way()) ==
        "46 %, 124 of ~268 MiB, 1.9 MiB/s, 1 min 16 s left, 99 of 100 layers");
  CHECK(progress_beginning(half_way()) == "sending 100 layers, ~268.0 MiB");
  const ProgressFacts one{.moment = {.blobs = 1, .total = 512}, .unit = "blobs"};
  CHECK(progress_beginning(one) == "sending 1 blob, 512 B");
}

TEST_CASE("a program is told in JSON") {
  CHECK(
      progress_json(half_way()) ==
      R"({"percent":46,"sent":130023424,"total":281018368,"estimated":true,"done":99,"blobs":100})");
}

}  // namespace progress_line_test
