#include "base/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"

namespace n2c::terminal {

namespace {

/// Why standard output lost something first, by errno; 0 while it did not.
std::atomic<int>& loss() {
  static std::atomic<int> first = 0;
  return first;
}

void note_loss() {
  int none = 0;
  loss().compare_exchange_strong(none, errno);
}

/// In one call, so that lines of several threads do not mix.
void put(std::FILE* file, const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() && file == stdout) note_loss();
}

}  // namespace

void print(const Printable& line) { put(stdout, line.str() + "\n"); }
void print_json(std::string_view json) { put(stdout, printable_json(json) + "\n"); }
void flush() {
  if (std::fflush(stdout) != 0) note_loss();
}

void finish() {
  flush();
  if (loss() == 0) return;
  errno = loss();
  throw_errno("write to standard output");
}

void keep_places() {
  // Nothing can be read from the first, nor written to the others.
  constexpr std::array modes{O_WRONLY, O_RDONLY, O_RDONLY};
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    if (::open("/dev/null", modes[static_cast<std::size_t>(fd)]) != fd) return;
  }
}

void say(const Printable& line) { put(stderr, line.str() + "\n"); }
void ask(const Printable& prompt) { put(stderr, prompt.str()); }

bool output_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool error_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

bool error_can_redraw() { return error_is_terminal() && process_environment()("TERM") != "dumb"; }

Size error_size() {
  Size size;
  winsize told{};
  const bool is_told = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &told) == 0;
  const auto choose = [&](std::size_t& into, unsigned short said, const char* variable) {
    const auto number = parse_number(process_environment()(variable));
    if (is_told && said != 0) {
      into = said;
    } else if (number && *number > 0) {
      into = *number;
    }
  };
  choose(size.columns, told.ws_col, "COLUMNS");
  choose(size.rows, told.ws_row, "LINES");
  return size;
}

/// To the first column of the first line that was drawn. A line that was drawn on a wider terminal
/// takes several rows now.
std::string LiveLines::beginning() const {
  if (drawn_.empty()) return "";
  const std::size_t width = std::max<std::size_t>(error_size().columns, 1);
  std::size_t rows = 0;
  for (const std::size_t columns : drawn_) rows += columns <= width ? 1 : (columns - 1) / width + 1;
  return rows > 1 ? cat("\r\x1b[", rows - 1, "A\x1b[J") : "\r\x1b[J";
}

void LiveLines::draw(std::span<const Printable> lines) {
  std::string text;
  std::vector<std::size_t> columns;
  for (const Printable& line : lines) {
    if (!text.empty()) text += '\n';
    text += line.str();
    columns.push_back(columns_of(line.str()));
  }
  if (!drawn_.empty() && text == text_) return;
  put(stderr, beginning() + text);
  drawn_ = std::move(columns);
  text_ = std::move(text);
}

void LiveLines::erase() {
  if (!drawn_.empty()) put(stderr, beginning());
  drawn_.clear();
}

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
