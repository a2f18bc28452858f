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
  JointProgress pushes{log.progress, {of("libc", 10), of("app", 20), of("tool", 30)}};
};

TEST_CASE("a log has one line at the start and one every thirty seconds for several images (#21)") {
  TwoPushes two;
  two.pushes.phase("asking what is there");
  two.pushes.done(layer("libc"), BlobOutcome::present);
  two.pushes.begin({of("app", 20)}, "layers");
  CHECK(two.log.lines() == Lines{"n2c: sending 2 layers, 50.0 MiB"});
  two.pushes.phase("asking what is there");  // the second image does
  two.pushes.begin({of("tool", 30)}, "layers");
  CHECK(two.log.lines().size() == 1);
  two.pushes.meter(layer("app")) += 20 << 20;
  two.pushes.done(layer("app"), BlobOutcome::sent);
  two.pushes.meter(layer("tool")) += 5 << 20;
  CHECK(two.log.after(29s).size() == 1);
  CHECK(two.log.after(1s).back() == "n2c: 50 %, 25.0 of 50.0 MiB, 1 of 2 layers");
  CHECK(two.log.lines().size() == 2);
}

TEST_CASE("a log of several images that are all there already has no line of what is sent (#21)") {
  TwoPushes two;
  for (const std::string_view name : {"libc", "app", "tool"}) {
    two.pushes.phase("asking what is there");
    two.pushes.done(layer(name), BlobOutcome::present);
    two.pushes.phase("sending");
    two.pushes.begin({}, "layers");
  }
  two.log.progress.finish();
  CHECK(two.log.lines().empty());
}

TEST_CASE("what an image has to send is no longer awaited when another had it to send before") {
  TwoPushes two;
  two.pushes.begin({of("libc", 10), of("app", 20)}, "layers");
  two.pushes.done(layer("tool"), BlobOutcome::mounted);
  two.pushes.done(layer("libc"), BlobOutcome::sent);
  two.pushes.done(layer("app"), BlobOutcome::sent);
  two.pushes.begin({of("libc", 10)}, "layers");  // the other registry has no mounts
  CHECK(two.log.after(30s).back() == "n2c: 0 %, 0.0 of 10.0 MiB, 2 of 3 layers");
}

TEST_CASE("what stays is written while nothing else is told") {
  TwoPushes two;
  bool was_written = false;
  two.log.progress.aside([&] { was_written = true; });
  CHECK(was_written);
}

}  // namespace joint_progress_test
