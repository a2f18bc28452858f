#include "cli/prompt.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"

namespace n2c::cli {

namespace {

constexpr std::size_t longest_line = 64 << 10;

/// The terminal does not show what is typed, for as long as this lives.
class WithoutEcho {
 public:
  explicit WithoutEcho(int fd) : fd_(fd) {
    if (::tcgetattr(fd_, &before_) != 0) throw_errno("look at the terminal");
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (::tcsetattr(fd_, TCSAFLUSH, &silent) != 0) throw_errno("silence the terminal");
  }
  ~WithoutEcho() {
    ::tcsetattr(fd_, TCSAFLUSH, &before_);
    terminal::say("");  // the line end of who typed was not shown
  }
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;

 private:
  int fd_;
  termios before_{};
};

/// The standard input, waited for no longer than until the stop.
class Input {
 public:
  explicit Input(const std::stop_token& stop)
      : stop_(stop), stopped_(::eventfd(0, EFD_CLOEXEC)), wake_(stop, Wake{stopped_.get()}) {
    if (!stopped_) throw_errno("make an eventfd");
  }

  /// False at the end.
  bool read(char& next) {
    while (true) {
      wait();
      const ssize_t count = ::read(STDIN_FILENO, &next, 1);
      if (count >= 0) return count == 1;
      if (errno != EINTR && errno != EAGAIN) throw_errno("read standard input");
    }
  }

 private:
  struct Wake {
    int fd;
    void operator()() const noexcept {
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
    }
  };

  void wait() {
    std::array<pollfd, 2> watched{pollfd{STDIN_FILENO, POLLIN, 0},
                                  pollfd{stopped_.get(), POLLIN, 0}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) {
      throw_errno("wait for standard input");
    }
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
  }

  const std::stop_token stop_;
  const FileDescriptor stopped_;
  const std::stop_callback<Wake> wake_;
};

}  // namespace

std::string read_line(std::string_view what, const std::stop_token& stop) {
  Input input(stop);
  std::string line;
  char next = 0;
  bool ended = false;
  while (!ended && input.read(next)) {
    ended = next == '\n';
    if (!ended) line += next;
    if (line.size() > longest_line) {
      throw Error(ErrorKind::usage, cat("standard input has more than a ", what));
    }
  }
  if (!ended && line.empty()) throw Error(ErrorKind::usage, cat("standard input has no ", what));
  while (line.ends_with('\r')) line.pop_back();
  return line;
}

std::string ask(std::string_view prompt, std::string_view what, const std::stop_token& stop) {
  terminal::ask(cat(prompt, ": "));
  return read_line(what, stop);
}

std::string ask_secret(std::string_view prompt, std::string_view what,
                       const std::stop_token& stop) {
  const WithoutEcho silent(STDIN_FILENO);
  return ask(prompt, what, stop);
}

}  // namespace n2c::cli
