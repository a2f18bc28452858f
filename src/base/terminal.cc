#include "base/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <functional>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/thread.h"

namespace n2c::terminal {

namespace {

constexpr std::size_t most_held_back = 64 << 10;  // of standard output, as stdio has it
constexpr std::size_t most_unread = 1 << 20;      // while nobody reads; then lines are dropped

/// One of the two streams: what is to be written to it, in order.
class Stream {
 public:
  explicit Stream(int fd) : fd_(fd) {}

  /// In one piece, so that lines of several threads do not mix.
  void put(std::string_view text, bool at_once) {
    const std::scoped_lock hold(mutex_);
    if (!writer_.joinable()) {
      held_ += text;
      if (at_once || held_.size() >= most_held_back) write_held();
    } else if (held_.size() + text.size() > most_unread) {
      ++dropped_;
    } else {
      held_ += text;
      changed_.notify_one();
    }
  }
  void flush() {
    const std::scoped_lock hold(mutex_);
    if (!writer_.joinable()) write_held();
  }
  /// Why something was lost first, by errno; 0 while nothing was.
  int loss() const { return loss_; }

  /// `on_drop` is told how many lines were dropped, once there is room again.
  void begin_background(std::function<void(std::size_t)> on_drop) {
    const std::scoped_lock hold(mutex_);
    ends_ = false;
    writer_ = start_thread([this, on_drop = std::move(on_drop)] { write_until_end(on_drop); });
  }
  void end_background() {
    {
      const std::scoped_lock hold(mutex_);
      ends_ = true;
      changed_.notify_one();
    }
    writer_.join();
  }

 private:
  void write(std::string_view text) {
    try {
      if (write_bytes(fd_, bytes_of(text))) return;
    } catch (...) {  // poll() failed: results that were written in part are lost
      if (fd_ == STDERR_FILENO && ::write(fd_, text.data(), text.size()) > 0) return;
      errno = EIO;
    }
    int none = 0;
    loss_.compare_exchange_strong(none, errno);
  }
  void write_held() {
    write(held_);
    held_.clear();
  }
  void write_until_end(const std::function<void(std::size_t)>& on_drop) {
    std::string text;
    std::unique_lock hold(mutex_);
    while (true) {
      changed_.wait(hold, [&] { return ends_ || !held_.empty(); });
      if (held_.empty()) return;
      text.swap(held_);
      hold.unlock();
      write(text);
      text.clear();
      hold.lock();
      const std::size_t dropped = std::exchange(dropped_, 0);
      hold.unlock();
      if (dropped != 0) tell(on_drop, dropped);
      hold.lock();
    }
  }
  static void tell(const std::function<void(std::size_t)>& on_drop, std::size_t dropped) noexcept {
    try {
      on_drop(dropped);
    } catch (...) {
      return;  // no memory for one more line
    }
  }

  const int fd_;
  std::atomic<int> loss_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string held_;
  std::size_t dropped_ = 0;
  bool ends_ = false;
  std::jthread writer_;  // joinable: it writes
};

/// They are never destroyed, since whatever ends last may say something; and they take no memory,
/// since the first to ask for one may be who found none left.
Stream& standard_output() {
  alignas(Stream) static std::array<std::byte, sizeof(Stream)> place;
  static auto& stream = *new (place.data()) Stream(STDOUT_FILENO);
  return stream;
}
Stream& standard_error() {
  alignas(Stream) static std::array<std::byte, sizeof(Stream)> place;
  static auto& stream = *new (place.data()) Stream(STDERR_FILENO);
  return stream;
}

void put_error(std::string_view text) { standard_error().put(text, true); }

void say_dropped(std::string_view where, std::size_t lines) {
  put_error(cat("n2c: ", lines, lines == 1 ? " line" : " lines", " of ", where,
                " lost: nobody read them in time\n"));
}

/// As other programs do whose reader has gone ("n2c inspect … | head"): nobody needs to be told.
void die_by_sigpipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
}

void print_text(const std::string& text) { standard_output().put(text, output_is_terminal()); }

}  // namespace

void print(const Printable& line) { print_text(line.str() + "\n"); }
void print_json(std::string_view json) { print_text(printable_json(json) + "\n"); }
void flush() { standard_output().flush(); }

void finish() {
  flush();
  const int loss = standard_output().loss();
  if (loss == 0) return;
  if (loss == ECANCELED) throw Error(ErrorKind::cancelled, "stopped on request");
  if (loss == EPIPE) die_by_sigpipe();
  errno = loss;
  throw_errno("write to standard output");
}

InBackground::InBackground() {
  standard_error().begin_background([](std::size_t n) { say_dropped("standard error", n); });
  try {
    standard_output().begin_background([](std::size_t n) { say_dropped("standard output", n); });
  } catch (...) {
    standard_error().end_background();
    throw;
  }
}

InBackground::~InBackground() {
  standard_output().end_background();
  standard_error().end_background();
}

void say_out_of_memory(std::string_view line) noexcept {
  [[maybe_unused]] const auto count = ::write(STDERR_FILENO, line.data(), line.size());
}

void keep_places() {
  // Nothing can be read from the first, nor written to the others.
  constexpr std::array modes{O_WRONLY, O_RDONLY, O_RDONLY};
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    if (::open("/dev/null", modes[static_cast<std::size_t>(fd)]) != fd) return;
  }
}

void say(const Printable& line) { put_error(line.str() + "\n"); }
void ask(const Printable& prompt) { put_error(prompt.str()); }

bool output_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool error_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

bool error_can_redraw() {
  const std::string kind = process_environment()("TERM");
  return error_is_terminal() && !kind.empty() && kind != "dumb";
}

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
  put_error(beginning() + text);
  drawn_ = std::move(columns);
  text_ = std::move(text);
}

void LiveLines::erase() {
  if (!drawn_.empty()) put_error(beginning());
  drawn_.clear();
}

Output::Output(std::string_view what) {
  if (output_is_terminal()) {
    throw Error(ErrorKind::usage, cat(what, " is not written to a terminal"),
                "redirect standard output, or name a file");
  }
  flush();
}

void Output::write(ByteView bytes) { write_all(STDOUT_FILENO, bytes, "write to standard output"); }

}  // namespace n2c::terminal
