#include "console/progress_line.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

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

TEST_CASE("a sentence breaks between words, and a word that is longer stays whole (#21)") {
  using Lines = std::vector<std::string>;
  const std::string_view text = "pushed a:1 @sha256:0123456789 : 2 sent";
  CHECK(wrapped(text, 80) == Lines{std::string(text)});
  CHECK(wrapped(text, 10) == Lines{"pushed a:1", "@sha256:0123456789", ": 2 sent"});
  CHECK(wrapped("", 10) == Lines{""});
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

TEST_CASE("a size that is not quite known makes the total an estimate, and shrinks nothing") {
  const BlobMoment blob{.bytes = 100, .is_rough = true, .sent = 10};
  const TransferMoment moment = moment_of({&blob, 1}, 0.25);
  CHECK(moment.total == 100);
  CHECK(moment.is_estimate);
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
  const ProgressFacts build{.moment = {.blobs = 20, .total = 268 * mib, .is_estimate = true},
                            .doing = "hashing"};
  CHECK(progress_beginning(build) == "hashing 20 layers, ~268.0 MiB");
}

TEST_CASE("a program is told in JSON") {
  CHECK(
      progress_json(half_way()) ==
      R"({"phase":"sending","percent":46,"sent":130023424,"total":281018368,"estimated":true,"done":99,"blobs":100})");
}

TEST_CASE("what is stopped says how far it came, and what the next try finds") {
  StoppedFacts facts{.since = 4900ms, .there = 14, .all = 20, .phase = "sending"};
  CHECK(stopped_sentence(facts) ==
        "stopped after 4 s: 14 of 20 layers are there; run again to go on");
  facts = {.since = 300ms, .phase = "asking what is there", .nothing = "nothing was sent"};
  CHECK(stopped_sentence(facts) == "stopped after 0.3 s (asking what is there): nothing was sent");
  facts = {.since = 12s,
           .there = 20,
           .all = 20,
           .phase = "docker is unpacking",
           .is_whole_or_nothing = true,
           .nothing = "nothing was loaded"};
  CHECK(stopped_sentence(facts) == "stopped after 12 s (docker is unpacking): nothing was loaded");
}

}  // namespace progress_line_test
