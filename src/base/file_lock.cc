#include "base/file_lock.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/error.h"

namespace n2c {

namespace {

using std::chrono::steady_clock;
constexpr std::chrono::milliseconds between_tries{5};

/// Returns false when someone else holds it until the deadline.
bool lock_until(const FileDescriptor& file, steady_clock::time_point deadline,
                const std::stop_token& stop) {
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return true;  // no locks here
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    if (steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(between_tries);
  }
  return true;
}

/// Whether that file still has that name: its last holder may have removed it.
bool has_name(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat opened{};
  struct stat named{};
  return ::fstat(file.get(), &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

std::optional<FileLock> FileLock::take(const std::filesystem::path& path,
                                       std::chrono::milliseconds patience,
                                       const std::stop_token& stop) {
  const auto deadline = steady_clock::now() + patience;
  while (true) {
    FileDescriptor file = open_to_lock(path);
    if (!lock_until(file, deadline, stop)) return std::nullopt;
    if (has_name(file, path)) return FileLock(std::move(file), path);
    struct stat named{};
    if (::lstat(path.c_str(), &named) != 0 && errno != ENOENT) {
      throw_errno("look at " + path.string());
    }
  }
}

FileLock::~FileLock() {
  if (file_ && has_name(file_, path_)) ::unlink(path_.c_str());
}

FolderLock::FolderLock(const std::filesystem::path& folder, const std::stop_token& stop)
    : folder_(open_folder(folder)) {
  const std::string doing = "lock " + folder.string();
  while (::flock(folder_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR && errno != EWOULDBLOCK) throw_errno(doing);
    if (stop.stop_requested()) {
      throw Error(ErrorKind::cancelled, doing + ": stopped while another process holds it");
    }
    std::this_thread::sleep_for(between_tries);
  }
}

}  // namespace n2c
