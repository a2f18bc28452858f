/// Engines whose programs are there and say nothing (#23).

#include "engine/first_reply.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "base/file.h"
#include "engine/containerd_engine.h"
#include "engine/podman_engine.h"
#include "test/support/check_fails.h"

namespace first_reply_test {

using namespace n2c;
using namespace std::chrono_literals;

TEST_CASE("a podman or ctr that does not say what it is in its time is given up (#23)") {
  const TemporaryFolder folder;
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", cat(folder.path().string(), ":", before).c_str(), 1);
  for (const char* name : {"podman", "ctr"}) {
    write_file(folder.path() / name, "#!/bin/sh\nexec sleep 1000\n");
    ::chmod((folder.path() / name).c_str(), 0700);
  }
  CHECK_FAILS(make_podman_engine({}, 50ms), ErrorKind::network, "no reply in ");
  CHECK_FAILS(make_containerd_engine({.socket = "/none"}, {}, 50ms), ErrorKind::network,
              "no reply in ");
  std::stop_source stop;
  stop.request_stop();
  CHECK_FAILS(make_podman_engine(stop.get_token()), ErrorKind::cancelled, "");
  ::setenv("PATH", before.c_str(), 1);
  CHECK(first_reply_patience == 2min);
}

}  // namespace first_reply_test
