#include "console/joint_progress.h"

#include <doctest/doctest.h>

#include <string>

#include "test/support/moved_log.h"

namespace joint_progress_test {

using namespace n2c;
using namespace std::chrono_literals;
using Lines = test::MovedLog::Lines;

oci::Digest layer(std::string_view name) { return oci::Digest::of(name); }

BlobToSend of(std::string_view name, std::uint64_t mib) {
  return {.key = layer(name), .bytes = mib << 20, .label = std::string(name)};
}

/// Two images that are pushed side by side, of which a log is told.
struct TwoPushes {
  test::MovedLog log;
  JointProgress both{log.progress,
                     {{of("libc", 10), of("app", 20)}, {of("libc", 10), of("tool", 30)}}};
  JointProgress::Part first{both, 0}, second{both, 1};
};

TEST_CASE("a log has one line at the start and one every thirty seconds for several images (#21)") {
  TwoPushes two;
  two.first.phase("asking what is there");
  two.first.done(layer("libc"), BlobOutcome::present);
  two.first.begin({of("app", 20)}, "layers");
  CHECK(two.log.lines() == Lines{"n2c: sending 2 layers, 50.0 MiB"});
  two.first.phase("asking what is there");  // the second image does
  two.second.begin({of("tool", 30)}, "layers");
  CHECK(two.log.lines().size() == 1);
  two.first.meter(layer("app")) += 20 << 20;
  two.first.done(layer("app"), BlobOutcome::sent);
  two.first.meter(layer("tool")) += 5 << 20;
  CHECK(two.log.after(29s).size() == 1);
  CHECK(two.log.after(1s).back() == "n2c: 50 %, 25.0 of 50.0 MiB, 1 of 2 layers");
  CHECK(two.log.lines().size() == 2);
}

TEST_CASE("a log of several images that are all there already has no line of what is sent (#21)") {
  TwoPushes two;
  for (const std::string_view name : {"libc", "app", "tool"}) {
    two.first.phase("asking what is there");
    two.first.done(layer(name), BlobOutcome::present);
    two.first.phase("sending");
    two.first.begin({}, "layers");
  }
  two.log.progress.finish();
  CHECK(two.log.lines().empty());
}

TEST_CASE("what an image has to send is no longer awaited when another had it to send before") {
  TwoPushes two;
  two.first.begin({of("libc", 10), of("app", 20)}, "layers");
  two.first.done(layer("tool"), BlobOutcome::mounted);
  two.first.done(layer("libc"), BlobOutcome::sent);
  two.first.done(layer("app"), BlobOutcome::sent);
  two.second.begin({of("libc", 10)}, "layers");  // the other registry has no mounts
  CHECK(two.log.after(30s).back() == "n2c: 0 %, 0.0 of 10.0 MiB, 2 of 3 layers");
}

TEST_CASE("what a failed image alone had to send leaves the count, which ends at 100 (#21)") {
  TwoPushes two;
  two.first.begin({of("libc", 10), of("app", 20)}, "layers");
  two.first.meter(layer("app")) += 5 << 20;
  CHECK(two.log.after(30s).back() == "n2c: 8 %, 5.0 of 60.0 MiB, 0 of 3 layers");
  two.both.end(0);  // it failed; the other has libc too
  CHECK(two.log.after(30s).back() == "n2c: 11 %, 5.0 of 45.0 MiB, 0 of 2 layers");
  two.second.begin({of("libc", 10), of("tool", 30)}, "layers");
  two.second.meter(layer("libc")) += 10 << 20;
  two.second.done(layer("libc"), BlobOutcome::sent);
  two.second.meter(layer("tool")) += 30 << 20;
  two.second.done(layer("tool"), BlobOutcome::sent);
  CHECK(two.log.after(30s).back() == "n2c: 100 %, 45.0 of 45.0 MiB, 2 of 2 layers");
}

TEST_CASE("an image that is there without a question is no longer awaited") {
  TwoPushes two;
  two.both.end(0);  // its manifest was there, and nothing was told of layers
  two.second.begin({of("libc", 10), of("tool", 30)}, "layers");
  CHECK(two.log.lines() == Lines{"n2c: sending 2 layers, 40.0 MiB"});
}

TEST_CASE("when every image has failed, nothing is said to be whole") {
  TwoPushes two;
  two.first.begin({of("libc", 10), of("app", 20)}, "layers");
  two.both.end(0);
  two.both.end(1);
  CHECK_FALSE(two.log.after(30s).back().contains("100 %"));
}

TEST_CASE("what stays is written while nothing else is told") {
  TwoPushes two;
  bool was_written = false;
  two.log.progress.aside([&] { was_written = true; });
  CHECK(was_written);
}

}  // namespace joint_progress_test
