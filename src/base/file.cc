#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/folder_entries.h"
#include "base/input_wait.h"
#include "base/system.h"
#include "base/text.h"

namespace n2c {

namespace {

namespace fs = std::filesystem;

class FileReader final : public Reader {
 public:
  FileReader(FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  std::size_t read(ByteSpan into) override {
    while (true) {
      const ssize_t count = ::read(file_.get(), into.data(), into.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) throw_errno("read " + path_);
    }
  }

 private:
  FileDescriptor file_;
  std::string path_;
};

/// How often a stop is looked for while nobody reads.
constexpr int output_pause_ms = 50;
/// How long after a stop somebody may still read what is being said about it.
constexpr std::chrono::seconds last_words_time{1};

/// Since when nobody takes what this process says after a stop; 0 while somebody does.
std::atomic<std::chrono::steady_clock::rep> unread_since = 0;

/// Whether the time after a stop is over in which somebody may still read.
bool is_unread_for_long() {
  if (!process_stop().stop_requested()) return false;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  std::chrono::steady_clock::rep since = 0;
  if (unread_since.compare_exchange_strong(since, now.count())) return false;
  return now - std::chrono::steady_clock::duration(since) >= last_words_time;
}

/// Held by who writes where it has seen room: standard output and standard error may be one pipe,
/// and the room is for one of them.
std::mutex sees_room;

/// How much was written; 0 when there was no room for a while, -1 with errno. `anew` is what
/// open_pipe_anew() gave for `fd`.
ssize_t write_some(int fd, const FileDescriptor& anew, ByteView bytes) {
  const int to = anew ? anew.get() : fd;
  std::size_t room = room_for_output(to, output_pause_ms);
  if (room == 0) return 0;
  // A pipe opened anew takes less where there is less room, a file all.
  if (anew || room == SIZE_MAX) return ::write(to, bytes.data(), bytes.size());
  const std::scoped_lock alone(sees_room);
  room = room_for_output(to, 0);
  return room == 0 ? 0 : ::write(to, bytes.data(), std::min(bytes.size(), room));
}

/// How long a FIFO that the user named waits for somebody to write into it.
constexpr int writer_patience_ms = 2000;

mode_t type_of(const FileDescriptor& file, const fs::path& path) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) throw_errno("stat " + path.string());
  return status.st_mode & S_IFMT;
}

/// O_NONBLOCK: a FIFO or a device must not hold the open.
FileDescriptor try_open(const fs::path& path, int flags) {
  return FileDescriptor(
      ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, S_IRUSR | S_IWUSR));
}

FileDescriptor require_regular(FileDescriptor file, const fs::path& path) {
  if (!file) throw_errno("open " + path.string());
  if (type_of(file, path) == S_IFREG) return file;
  throw Error(ErrorKind::local, cat("open ", path.string(), ": not a regular file"));
}

/// A file, a pipe or a device, whichever the user named.
class ArgumentReader final : public Reader {
 public:
  ArgumentReader(FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  std::size_t read(ByteSpan into) override {
    for (bool waited = false;;) {
      const ssize_t count = ::read(file_.get(), into.data(), into.size());
      if (count > 0) return static_cast<std::size_t>(count);
      if (count == 0) {
        if (has_news(0)) return 0;  // the end; a FIFO to which no writer has come has none
        if (waited) throw Error(ErrorKind::input, "nobody writes into it");
        has_news(writer_patience_ms);
        waited = true;
      } else if (errno == EAGAIN) {
        // A writer is there and may take its time.
        if (!wait_) wait_.emplace(process_stop());
        wait_->until_readable(file_.get());
      } else if (errno != EINTR) {
        throw_errno("read " + path_);
      }
    }
  }

 private:
  /// Waits until something can be read or the last writer is gone.
  bool has_news(int milliseconds) {
    return with_context("wait for " + path_,
                        [&] { return is_readable_within(file_.get(), milliseconds); });
  }

  FileDescriptor file_;
  std::string path_;
  std::optional<InputWait> wait_;  // a file needs none
};

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

FileDescriptor open_to_read(const fs::path& path, Links links) {
  const int how = links == Links::refused ? O_NOFOLLOW : 0;
  return require_regular(try_open(path, O_RDONLY | how), path);
}

std::optional<FileDescriptor> open_if_there(const fs::path& path) {
  FileDescriptor file = try_open(path, O_RDONLY);
  if (!file && errno == ENOENT) return std::nullopt;
  return require_regular(std::move(file), path);
}

FileDescriptor open_to_lock(const fs::path& path) {
  return require_regular(try_open(path, O_RDWR | O_CREAT | O_NOFOLLOW), path);
}

FileDescriptor open_folder(const fs::path& path) {
  FileDescriptor folder = try_open(path, O_RDONLY | O_DIRECTORY);
  if (!folder) throw_errno("open " + path.string());
  return folder;
}

std::string read_file(const fs::path& path, std::uint64_t limit) {
  FileReader reader(open_to_read(path), path.string());
  return at_place(path.string(), [&] { return read_all(reader, limit); });
}

std::optional<std::string> read_if_there(const fs::path& path, std::uint64_t limit) {
  auto file = open_if_there(path);
  if (!file) return std::nullopt;
  FileReader reader(*std::move(file), path.string());
  return at_place(path.string(), [&] { return read_all(reader, limit); });
}

std::string read_argument(const fs::path& path, std::uint64_t limit) {
  FileDescriptor file = try_open(path, O_RDONLY);
  if (!file) throw_errno("open " + path.string());
  const mode_t type = type_of(file, path);
  if (type != S_IFIFO && type != S_IFCHR && type != S_IFREG) {
    throw Error(ErrorKind::input, cat("open ", path.string(), ": not a regular file"));
  }
  ArgumentReader reader(std::move(file), path.string());
  return at_place(path.string(), [&] { return read_all(reader, limit); });
}

bool write_bytes(int fd, ByteView bytes) {
  const FileDescriptor anew = open_pipe_anew(fd);
  while (!bytes.empty()) {
    const ssize_t count = write_some(fd, anew, bytes);
    if (count == 0) {
      errno = ECANCELED;
      if (is_unread_for_long()) return false;
      continue;
    }
    if (count < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (count < 0) continue;
    unread_since = 0;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

void write_all(int fd, ByteView bytes, std::string_view doing) {
  if (write_bytes(fd, bytes)) return;
  if (errno == ECANCELED) throw Error(ErrorKind::cancelled, "stopped on request");
  throw_errno(doing);
}

std::unique_ptr<Reader> reader_of(FileDescriptor file, const fs::path& path) {
  return std::make_unique<FileReader>(std::move(file), path.string());
}

bool is_there(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno != ENOENT && errno != ENOTDIR) throw_errno("look at " + path.string());
  return false;
}

std::unique_ptr<Reader> FileSource::open(std::uint64_t offset) const {
  FileDescriptor file = open_to_read(path_, links_);
  if (offset != 0 && ::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    throw_errno("seek in " + path_.string());
  }
  return reader_of(std::move(file), path_);
}

TemporaryFolder::TemporaryFolder() {
  const char* base = std::getenv("TMPDIR");
  std::string name = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/n2c-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw_errno("create " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() { remove_with_all(path_.c_str()); }

}  // namespace n2c
