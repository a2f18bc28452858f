#include "console/prompt.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/input_wait.h"
#include "base/terminal.h"
#include "base/text.h"

namespace n2c {

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
  explicit Input(const std::stop_token& stop) : wait_(stop) {}

  /// False at the end.
  bool read(char& next) {
    while (true) {
      with_context("wait for standard input", [&] { wait_.until_readable(STDIN_FILENO); });
      const ssize_t count = ::read(STDIN_FILENO, &next, 1);
      if (count >= 0) return count == 1;
      if (errno != EINTR && errno != EAGAIN) throw_errno("read standard input");
    }
  }

 private:
  InputWait wait_;
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

}  // namespace n2c
