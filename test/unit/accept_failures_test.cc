#include "registry/server/net/accept_failures.h"

#include <doctest/doctest.h>

#include <cerrno>

namespace accept_failures_test {

using n2c::registry::AcceptFailures;
using namespace std::chrono_literals;

namespace {

const AcceptFailures::TimePoint start{};

}  // namespace

TEST_CASE("a client that left, or a network that failed, is passed over by the server (#23)") {
  AcceptFailures failures;
  for (const int error : {EINTR, ECONNABORTED, EPROTO, ENETUNREACH, EPERM}) {
    for (const auto time : {0s, 10s}) {
      const auto next = failures.after(error, start + time);
      CHECK_FALSE(next.is_end);
      CHECK(next.line.empty());
      CHECK(next.pause == 0ms);
    }
  }
}

TEST_CASE(
    "a shortage that lasts a second is reported once, and so is its end; it never ends the server "
    "(#23)") {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    AcceptFailures failures;
    auto next = failures.after(error, start);
    CHECK(next.line.empty());
    CHECK(next.pause > 0ms);
    next = failures.after(error, start + 1s);
    CHECK(next.line.starts_with("no connection can be accepted: "));
    next = failures.after(error, start + 1h);
    CHECK(next.line.empty());
    CHECK_FALSE(next.is_end);
    CHECK(failures.after(0, start + 1h).line == "connections are accepted again");
    CHECK(failures.after(0, start + 1h).line.empty());
  }
}

TEST_CASE("shortages that come and go are reported once a minute (#23)") {
  AcceptFailures failures;
  int lines = 0;
  for (auto now = start; now < start + 5min; now += 2s) {
    failures.after(EMFILE, now);
    lines += failures.after(EMFILE, now + 1s).line.empty() ? 0 : 1;
    failures.after(EAGAIN, now + 1s);
  }
  CHECK(lines == 5);
}

TEST_CASE("a listening socket that fails for three seconds is the server's end (#23)") {
  for (const int error : {EBADF, EINVAL, ENOTSOCK, EFAULT}) {
    AcceptFailures failures;
    CHECK_FALSE(failures.after(error, start).is_end);
    CHECK_FALSE(failures.after(error, start + 2s).is_end);
    CHECK(failures.after(error, start + 3s).is_end);
  }
}

TEST_CASE("a listening socket that works in between is not given up (#23)") {
  AcceptFailures failures;
  for (auto now = start; now < start + 1min; now += 2s) {
    CHECK_FALSE(failures.after(EINVAL, now).is_end);
    CHECK_FALSE(failures.after(0, now + 1s).is_end);
  }
}

TEST_CASE("connections that are closed for want of a thread are reported once a minute (#23)") {
  AcceptFailures failures;
  CHECK(failures.after_dropped("start a thread", start) ==
        "a connection is closed unanswered: start a thread");
  CHECK(failures.after_dropped("start a thread", start + 59s).empty());
  CHECK_FALSE(failures.after_dropped("start a thread", start + 60s).empty());
}

}  // namespace accept_failures_test
