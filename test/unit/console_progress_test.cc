#include "console/console_progress.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/support/moved_log.h"

namespace console_progress_test {

using namespace n2c;
using namespace std::chrono_literals;
using test::MovedLog;
using Lines = MovedLog::Lines;

TEST_CASE("a log is told every thirty seconds what is waited for, before anything is sent (#21)") {
  MovedLog log;
  log.progress.phase("asking what is there");
  CHECK(log.after(29s).empty());
  CHECK(log.after(1s) == Lines{"n2c: asking what is there (30 s)"});
  CHECK(log.after(29s).size() == 1);
  CHECK(log.after(1s).back() == "n2c: asking what is there (60 s)");
  log.progress.phase("sending");
  const oci::Digest layer = oci::Digest::of("layer");
  log.progress.begin({{.key = layer, .bytes = 1 << 20}}, "layers");
  CHECK(log.lines().back() == "n2c: sending 1 layer, 1.0 MiB");
  log.progress.meter(layer) = 1 << 19;
  CHECK(log.after(29s).size() == 3);
  CHECK(log.after(1s).back() == "n2c: 50 %, 0.5 of 1.0 MiB, 0 of 1 layers");
  log.progress.done(layer, BlobOutcome::sent);
  log.progress.phase("writing the manifest");
  CHECK(log.after(30s).back() == "n2c: all sent; writing the manifest (30 s)");
}

TEST_CASE("a log of what is over soon has no line of what was waited for") {
  MovedLog log;
  log.progress.phase("asking what is there");
  log.progress.phase("writing the manifest");
  log.progress.finish();
  CHECK(log.lines().empty());
}

TEST_CASE("what goes on when an image is stopped is said beside how far it came") {
  MovedLog log;
  const oci::Digest layer = oci::Digest::of("layer");
  log.progress.phase("sending");
  log.progress.begin({{.key = layer, .bytes = 1}}, "layers");
  using Kept = ConsoleProgress::Kept;
  CHECK(log.progress.stopped(Kept::what_is_sent, "nothing was sent") ==
        "stopped after 0.0 s: 0 of 1 layers are there; run again to go on");
  log.progress.done(layer, BlobOutcome::sent);
  log.progress.phase("attaching");
  CHECK(log.progress.stopped(Kept::what_is_sent, "nothing was sent") ==
        "stopped after 0.0 s (attaching): 1 of 1 layers are there; run again to go on");
}

}  // namespace console_progress_test
