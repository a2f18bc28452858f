#include "engine/ssh_socket.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "base/error.h"
#include "base/system.h"
#include "base/text.h"

namespace ssh_socket_test {

using namespace n2c;

namespace {

/// An "ssh" first in $PATH.
class FakeSsh {
 public:
  /// What it does, in the shell's words.
  explicit FakeSsh(std::string_view script) : before_(std::getenv("PATH")) {
    const auto program = folder_.path() / "ssh";
    write_file(program, cat("#!/bin/sh\n", script, "\n"), 0777);
    ::chmod(program.c_str(), 0755);
    ::setenv("PATH", cat(folder_.path().string(), ":", before_).c_str(), 1);
  }
  ~FakeSsh() { ::setenv("PATH", before_.c_str(), 1); }
  FakeSsh(const FakeSsh&) = delete;
  FakeSsh& operator=(const FakeSsh&) = delete;

 private:
  TemporaryFolder folder_;
  std::string before_;
};

/// Gives back what it is sent, behind what it was called with.
constexpr std::string_view echoing = "echo \"$*\"\nexec cat";

/// Standard error goes into a file while this lives.
class CapturedErrors {
 public:
  CapturedErrors() : before_(::dup(2)) {
    write_file(file(), "", 0600);
    const FileDescriptor to(::open(file().c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    ::dup2(to.get(), 2);
  }
  ~CapturedErrors() { ::dup2(before_.get(), 2); }
  CapturedErrors(const CapturedErrors&) = delete;
  CapturedErrors& operator=(const CapturedErrors&) = delete;

  std::string text() const { return read_file(file(), 1 << 20); }

 private:
  std::filesystem::path file() const { return folder_.path() / "errors"; }

  TemporaryFolder folder_;
  FileDescriptor before_;
};

FileDescriptor connect_to(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  FileDescriptor socket = open_socket(AF_UNIX, Blocking::yes);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  REQUIRE(::connect(socket.get(), where, sizeof address) == 0);
  return socket;
}

std::string read_until(const FileDescriptor& socket, std::string_view mark) {
  std::string got;
  std::array<char, 256> block{};
  while (!got.contains(mark)) {
    const ssize_t count = ::recv(socket.get(), block.data(), block.size(), 0);
    if (count <= 0) break;
    got.append(block.data(), static_cast<std::size_t>(count));
  }
  return got;
}

}  // namespace

TEST_CASE("each connection to an ssh host's socket is an ssh of its own, and all end with it") {
  const FakeSsh ssh(echoing);
  auto bridge = std::make_unique<SshSocket>(*DockerHost::parse("ssh://me@build"));
  const FileDescriptor one = connect_to(bridge->path()), other = connect_to(bridge->path());
  for (const FileDescriptor* socket : {&one, &other}) {
    REQUIRE(send_bytes(socket->get(), bytes_of("hello\n")) == 6);
    CHECK(read_until(*socket, "hello").contains("-- me@build docker system dial-stdio\nhello\n"));
  }
  bridge.reset();
  CHECK(read_until(one, "more").empty());
  CHECK(read_until(other, "more").empty());
}

TEST_CASE("what ssh says is fit for a terminal, and its last words are not lost") {
  const FakeSsh ssh("printf 'Welcome\\033[2J\\r\\nno end\\007' >&2\necho gone");
  const CapturedErrors captured;
  {
    const SshSocket bridge(*DockerHost::parse("ssh://me@build"));
    const FileDescriptor socket = connect_to(bridge.path());
    CHECK(read_until(socket, "never") == "gone\n");
  }
  CHECK(captured.text() == "Welcome\\x1b[2J\nno end\\x07\n");
}

TEST_CASE("a connection is over when its ssh has ended, though it left a child that has it (#23)") {
  const FakeSsh ssh("sleep 1000 &\necho $!\n");
  const SshSocket bridge(*DockerHost::parse("ssh://me@build"));
  const FileDescriptor socket = connect_to(bridge.path());
  const std::string child = read_until(socket, "never");
  REQUIRE(!child.empty());
  ::kill(std::stoi(child), SIGKILL);
}

TEST_CASE("an ssh that says things without end holds nothing up (#23)") {
  const FakeSsh ssh("echo $$\nexec yes >&2");
  const CapturedErrors captured;
  auto bridge = std::make_unique<SshSocket>(*DockerHost::parse("ssh://me@build"));
  const FileDescriptor one = connect_to(bridge->path());
  REQUIRE(!read_until(one, "\n").empty());
  const FileDescriptor other = connect_to(bridge->path());
  CHECK(!read_until(other, "\n").empty());
  bridge.reset();
}

TEST_CASE("an ssh host's socket that nobody connected to ends at once") {
  const FakeSsh ssh(echoing);
  const SshSocket bridge(*DockerHost::parse("ssh://me@build"));
}

}  // namespace ssh_socket_test
