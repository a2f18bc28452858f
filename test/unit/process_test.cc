#include "base/process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "test/support/check_fails.h"

namespace process_test {

using namespace n2c;

namespace {

ProgramEnd run(std::vector<std::string> arguments, Reader* input = nullptr) {
  return run_program({.arguments = std::move(arguments), .input = input}, {});
}

/// Gives so many zero bytes.
class Zeros final : public Reader {
 public:
  explicit Zeros(std::uint64_t count) : left_(count) {}
  std::size_t read(ByteSpan into) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
    std::fill_n(into.begin(), count, std::byte{0});
    left_ -= count;
    return count;
  }

 private:
  std::uint64_t left_;
};

/// Returns when it has ended: its end of the pipe closes then.
void await_end_of(const FileDescriptor& pipe) {
  std::array<char, 1> nothing{};
  while (::read(pipe.get(), nothing.data(), 1) > 0) {
  }
}

}  // namespace

TEST_CASE("a program's output, messages and exit code come back") {
  const ProgramEnd end = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  CHECK(end.output == "out\n");
  CHECK(end.messages == "err\n");
  CHECK(end.exit_code == 3);
}

TEST_CASE("a program reads its input to the end however large it is") {
  Zeros input(20 << 20);
  const ProgramEnd end = run({"wc", "-c"}, &input);
  CHECK(end.output == "20971520\n");
  CHECK(end.took_all_input);
}

TEST_CASE("a program that stops reading early does not block or end us") {
  Zeros input(1ull << 40);
  const ProgramEnd end = run({"sh", "-c", "echo full >&2; exit 1"}, &input);
  CHECK(end.exit_code == 1);
  CHECK(end.messages == "full\n");
  CHECK_FALSE(end.took_all_input);
}

TEST_CASE("a program is over when it has ended, though it left a child that holds its output") {
  const auto began = std::chrono::steady_clock::now();
  const ProgramEnd end = run({"sh", "-c", "sleep 60 & echo $!; exit 3"});
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(30));
  CHECK(end.exit_code == 3);
  const int child = std::stoi(end.output);
  CHECK(::kill(child, SIGKILL) == 0);
}

TEST_CASE("arguments reach the program as they are, without a shell") {
  CHECK(run({"printf", "%s", "$(id); `id` '"}).output == "$(id); `id` '");
}

TEST_CASE("an absent program is named") {
  CHECK_THROWS_WITH_AS(run({"no-such-program"}), "run no-such-program: no such program in $PATH",
                       Error);
}

TEST_CASE("a stop ends the program and throws") {
  std::stop_source stop;
  std::jthread asker([&] { stop.request_stop(); });
  try {
    run_program({.arguments = {"sleep", "60"}}, stop.get_token());
    FAIL("no Error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::cancelled);
  }
}

TEST_CASE("a program gets signals that our own threads block") {
  CHECK(run({"sh", "-c", "kill -TERM $$; echo survived"}).exit_code == 128 + 15);
}

TEST_CASE("a signal that ended a program is told from an exit code (#22)") {
  const ProgramEnd killed = run({"sh", "-c", "kill -KILL $$"});
  CHECK(killed.signal == SIGKILL);
  CHECK(killed.exit_code == 128 + SIGKILL);
  const ProgramEnd ended = run({"sh", "-c", "exit 255"});
  CHECK(ended.signal == 0);
  CHECK(ended.exit_code == 255);
}

TEST_CASE("what a program says is heard while it runs (#22)") {
  std::stop_source stop;
  std::string heard;
  const Program program{.arguments = {"sh", "-c", "echo ready >&2; sleep 60"},
                        .on_messages = [&](std::string_view piece) {
                          heard += piece;
                          if (heard.ends_with('\n')) stop.request_stop();
                        }};
  CHECK_FAILS(run_program(program, stop.get_token()), ErrorKind::cancelled, "cancelled");
  CHECK(heard == "ready\n");
}

TEST_CASE("what a program started does not outlive it in a session of its own (#22)") {
  const auto began = std::chrono::steady_clock::now();
  const auto run_holding = [](const std::string& words, const std::stop_token& stop,
                              const std::function<void(std::string_view)>& heard) {
    const TemporaryFolder folder;
    const std::string fifo = (folder.path() / "held").string();
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    // Opened for writing too, so that opening waits for nobody; those ends are closed first.
    FileDescriptor both(open(fifo.c_str(), O_RDWR | O_CLOEXEC));
    const FileDescriptor held(open(fifo.c_str(), O_RDONLY | O_CLOEXEC));
    try {
      run_program({.arguments = {"sh", "-c", "exec 3>" + fifo + "; " + words},
                   .on_messages = heard,
                   .own_session = true},
                  stop);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::cancelled);
    }
    both = FileDescriptor();
    await_end_of(held);
  };
  run_holding("sleep 60 & exit 0", {}, {});
  run_holding("sleep 60 >/dev/null 2>&1 & exit 0", {}, {});
  std::stop_source stop;
  run_holding("sleep 60 & echo ready >&2; wait", stop.get_token(),
              [&](std::string_view) { stop.request_stop(); });
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(30));
}

TEST_CASE("a program in a session of its own has no terminal to wait at (#22)") {
  const ProgramEnd end = run_program(
      {.arguments = {"sh", "-c", "exec 2>/dev/null; read line </dev/tty && echo read || echo none"},
       .own_session = true},
      {});
  CHECK(end.output == "none\n");
}

TEST_CASE("a background program talks over its channel and is ended with its owner") {
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  for (const int end : ends) REQUIRE(fcntl(end, F_SETFD, FD_CLOEXEC) == 0);
  const FileDescriptor ours(ends[0]);
  auto program = std::make_unique<BackgroundProgram>(std::vector<std::string>{"cat"}, ends[1], 2);
  close(ends[1]);
  REQUIRE(write(ours.get(), "hello", 5) == 5);
  std::array<char, 5> back{};
  REQUIRE(read(ours.get(), back.data(), 5) == 5);
  CHECK(std::string_view(back.data(), 5) == "hello");
  program.reset();
  CHECK(read(ours.get(), back.data(), 5) == 0);
}

TEST_CASE("where the ends of programs are lost, as with SIGCHLD ignored, none counts as success") {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  CHECK(run({"sh", "-c", "exit 1"}).exit_code != 0);
  CHECK(run({"sh", "-c", "exit 0"}).exit_code != 0);
  std::signal(SIGCHLD, before);
  CHECK(run({"sh", "-c", "exit 0"}).exit_code == 0);
}

}  // namespace process_test
