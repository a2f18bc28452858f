#include "base/system.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <set>

#include "base/process.h"
#include "base/text.h"

namespace system_test {

using namespace n2c;

namespace {

bool is_close_on_exec(int fd) { return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }
bool is_blocking(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0; }

bool is_readable(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, 0) == 1;
}

/// A connection over a unix socket, and its two ends.
struct Connected {
  Connected(Blocking listening, Blocking accepting) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder.path() / "socket").native().copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    listener = open_socket(AF_UNIX, listening);
    client = open_socket(AF_UNIX, Blocking::yes);
    REQUIRE(::bind(listener.get(), where, sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::connect(client.get(), where, sizeof address) == 0);
    server = accept_socket(listener.get(), accepting);
    REQUIRE(server);
  }
  TemporaryFolder folder;
  FileDescriptor listener, client, server;
};

}  // namespace

TEST_CASE("a wake-up is not readable until it is signalled, and is so for good, however often") {
  const WakeUp wake;
  CHECK_FALSE(is_readable(wake.fd()));
  for (int i = 0; i < 100'000; ++i) wake.signal();  // more than a pipe holds
  CHECK(is_readable(wake.fd()));
  CHECK(is_readable(wake.fd()));
  CHECK(is_close_on_exec(wake.fd()));
}

TEST_CASE("a wait for two descriptors ends by either of them") {
  const WakeUp one, other;
  one.signal();
  wait_readable(one.fd(), other.fd());
  wait_readable(other.fd(), one.fd());
  CHECK_FALSE(is_readable(other.fd()));
}

TEST_CASE("a wait for two descriptors also takes one of a high number") {
  const WakeUp one;
  const FileDescriptor high(::fcntl(one.fd(), F_DUPFD_CLOEXEC, 1000));
  const WakeUp other;
  REQUIRE(high);
  other.signal();
  wait_readable(high.get(), other.fd());
}

TEST_CASE("an accepted socket blocks or not as asked, whatever its listener does") {
  for (const auto listening : {Blocking::yes, Blocking::no}) {
    const Connected blocking(listening, Blocking::yes), other(listening, Blocking::no);
    CHECK(is_blocking(blocking.listener.get()) == (listening == Blocking::yes));
    CHECK(is_blocking(blocking.server.get()));
    CHECK_FALSE(is_blocking(other.server.get()));
    for (const auto* end : {&other.listener, &other.client, &other.server}) {
      CHECK(is_close_on_exec(end->get()));
    }
  }
}

TEST_CASE("a socket that does not block takes what it has room for, and says when it has none") {
  const Connected slow(Blocking::yes, Blocking::no);
  const std::string much(64 << 20, 'x');
  CHECK(send_bytes(slow.server.get(), bytes_of(much)) < static_cast<ssize_t>(much.size()));
  CHECK(send_bytes(slow.server.get(), bytes_of(much)) < 0);
  CHECK(errno == EAGAIN);
}

TEST_CASE("writing to who has gone is an error and no signal") {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  Connected gone(Blocking::yes, Blocking::yes);
  gone.client = FileDescriptor();
  CHECK(send_bytes(gone.server.get(), bytes_of("x")) < 0);
  CHECK(errno == EPIPE);
  std::signal(SIGPIPE, before);
}

TEST_CASE("a child has none of the descriptors that are made here") {
  const Connected connected(Blocking::yes, Blocking::no);
  const PipeEnds pipe = make_pipe();
  const WakeUp wake;
  std::string script;
  for (const int fd : {connected.listener.get(), connected.client.get(), connected.server.get(),
                       pipe.read.get(), pipe.write.get(), wake.fd()}) {
    REQUIRE(fd > STDERR_FILENO);
    script += cat("[ ! -e /dev/fd/", fd, " ] || echo ", fd, "\n");
  }
  CHECK(run_program({.arguments = {"sh", "-c", script}}, {}).output == "");
  CHECK(run_program({.arguments = {"sh", "-c", "echo out; echo err >&2"}}, {}).messages == "err\n");
}

TEST_CASE("a pipe that is opened anew never waits, and who has it otherwise does as before (#23)") {
  const PipeEnds pipe = make_pipe();
  const FileDescriptor anew = open_pipe_anew(pipe.write.get());
  if (!anew) return;  // the system has no way
  CHECK(is_close_on_exec(anew.get()));
  CHECK(is_blocking(pipe.write.get()));
  const std::string much(1 << 20, 'x');
  const ssize_t count = ::write(anew.get(), much.data(), much.size());
  CHECK(count > 4096);
  CHECK(count < static_cast<ssize_t>(much.size()));
  CHECK(::write(anew.get(), much.data(), much.size()) == -1);
  CHECK(errno == EAGAIN);
  CHECK_FALSE(open_pipe_anew(-1));
}

TEST_CASE("of random bits each is now set and now not, and no two draws are the same") {
  std::set<std::uint64_t> draws;
  std::uint64_t set = 0, unset = 0;
  for (int i = 0; i < 100; ++i) {
    const auto bits = random_bits();
    draws.insert(bits);
    set |= bits;
    unset |= ~bits;
  }
  CHECK(draws.size() == 100);
  CHECK(set == ~std::uint64_t{0});
  CHECK(unset == ~std::uint64_t{0});
}

}  // namespace system_test
