#include "base/terminal.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"

namespace n2c::terminal {

namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

/// In one call, so that lines of several threads do not mix.
void put(std::FILE* file, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file);
}

}  // namespace

void print(const Printable& line) { put(stdout, line.str() + "\n"); }
void print_json(std::string_view json) { put(stdout, printable_json(json) + "\n"); }
void flush() { std::fflush(stdout); }

void say(const Printable& line) { put(stderr, line.str() + "\n"); }
void ask(const Printable& prompt) { put(stderr, prompt.str()); }

void redraw(const Printable& line) { put(stderr, cat(erase_line, line.str())); }
void erase() { put(stderr, std::string(erase_line)); }

bool output_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool error_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

Output::Output(std::string_view what) {
  if (output_is_terminal()) {
    throw Error(ErrorKind::usage, cat(what, " is not written to a terminal"),
                "redirect standard output, or name a file");
  }
  flush();
}

void Output::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("write to standard output");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace n2c::terminal
