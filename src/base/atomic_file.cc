#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_entries.h"
#include "base/input_wait.h"
#include "base/system.h"
#include "base/text.h"

namespace n2c {

namespace {

namespace fs = std::filesystem;

constexpr int max_links = 40;  // as Linux has it
constexpr std::string_view part_prefix = ".n2c-";
constexpr std::string_view part_suffix = ".part";

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

fs::path new_part_name(const fs::path& folder) {
  return folder / cat(part_prefix, random_bits(), part_suffix);
}

/// How often a FIFO is asked whether somebody reads from it by now.
constexpr std::chrono::milliseconds reader_pause{20};

/// Opens a pipe or a device, which can be written to but not replaced. Nothing for everything else.
FileDescriptor open_special(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  if (S_ISFIFO(status.st_mode)) return open_fifo(path);
  if (!S_ISCHR(status.st_mode)) return {};
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) throw_errno("open " + path.string());
  return file;
}

bool is_part(std::string_view name) {
  return name.starts_with(part_prefix) && name.ends_with(part_suffix);
}

void remove_if_dead(const fs::path& part) {
  // Opens a regular file only, and without waiting: anything else of such a name is not ours.
  const FileDescriptor file(
      ::open(part.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(part.c_str());
}

/// Whether the file still has its name. Someone who removes dead files may have come between its
/// making and its lock. Where files cannot be locked, none are removed.
bool lock_part(const FileDescriptor& file) {
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
  struct stat status{};
  return ::fstat(file.get(), &status) == 0 && status.st_nlink != 0;
}

/// Linux follows no link that another user made in a folder where everyone may write, such as /tmp
/// (fs.protected_symlinks): it may lead to a file that only we may write. Who looks where a link
/// leads has to refuse it himself.
void refuse_trap(const fs::path& link) {
  struct stat own{};
  struct stat folder{};
  if (::lstat(link.c_str(), &own) != 0 || !S_ISLNK(own.st_mode)) return;
  if (::stat(folder_of(link).c_str(), &folder) != 0) return;
  const bool is_everyones = (folder.st_mode & S_ISVTX) != 0 && (folder.st_mode & S_IWOTH) != 0;
  if (!is_everyones || own.st_uid == ::geteuid() || own.st_uid == folder.st_uid) return;
  throw Error(ErrorKind::local,
              cat(link.string(), ": a link of another user, where everyone may write"),
              "name another file, or remove the link");
}

}  // namespace

FileDescriptor open_fifo(const fs::path& path) {
  SystemClock clock;
  while (true) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (file) {
      const int flags = ::fcntl(file.get(), F_GETFL);
      if (flags < 0 || ::fcntl(file.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
        throw_errno("open " + path.string());
      }
      return file;
    }
    if (errno != ENXIO) throw_errno("open " + path.string());
    if (!clock.wait(reader_pause, process_stop())) {
      throw Error(ErrorKind::cancelled, "stopped on request");
    }
  }
}

void sync_file(const FileDescriptor& file, const fs::path& path) {
  if (!sync_to_disk(file)) throw_errno("fsync " + path.string());
}

void sync_folder(const fs::path& folder) { sync_file(open_folder(folder), folder); }

void remove_dead_parts(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : folder_entries(folder, ignored)) {
    if (is_part(entry.filename().string())) remove_if_dead(entry);
  }
}

fs::path behind_links(const fs::path& path) {
  std::error_code failed;
  if (!fs::is_symlink(path, failed)) return path;
  fs::path target = path;
  for (int hops = 0; hops < max_links && fs::is_symlink(target, failed); ++hops) {
    refuse_trap(target);
    const fs::path next = fs::read_symlink(target, failed);
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  fs::path real = fs::canonical(path, failed);
  if (!failed) return real;
  if (fs::exists(path, failed)) return path;  // a pipe of /proc/self/fd, which has no name
  return fs::is_symlink(target, failed) ? path : target;
}

AtomicFile::AtomicFile(const In& in, unsigned mode) : folder_(in.folder), shown_(in.shown) {
  file_ = open_nameless(folder_, mode);
  if (!file_) {
    begin_named(mode);
  } else {
    ::flock(file_.get(), LOCK_EX | LOCK_NB);  // before it has a name: nobody sees an unlocked one
  }
}

AtomicFile::AtomicFile(const fs::path& path, unsigned mode)
    : path_(behind_links(path)),
      folder_(folder_of(path_)),
      shown_(path_.string()),
      file_(open_special(path)),
      is_special_(static_cast<bool>(file_)) {
  if (is_special_) return;
  file_ = open_nameless(folder_, mode);
  if (!file_) {
    begin_named(mode);
  } else {
    ::flock(file_.get(), LOCK_EX | LOCK_NB);  // before it has a name: nobody sees an unlocked one
  }
}

void AtomicFile::begin_named(unsigned mode) {
  remove_dead_parts(folder_);
  do {
    part_ = new_part_name(folder_);
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    file_ = FileDescriptor(::open(part_.c_str(), flags, mode));
    if (!file_) {
      part_.clear();
      throw_errno("create " + shown_);
    }
  } while (!lock_part(file_));
}

AtomicFile::~AtomicFile() {
  if (!part_.empty()) ::unlink(part_.c_str());
}

void AtomicFile::write(ByteView bytes) {
  if (is_special_) return write_all(file_.get(), bytes, "write " + shown_);
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("write " + shown_);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicFile::take_rights_of(const FileDescriptor& other) {
  struct stat wanted{};
  struct stat own{};
  if (::fstat(other.get(), &wanted) != 0 || ::fstat(file_.get(), &own) != 0) {
    throw_errno("stat " + shown_);
  }
  const bool is_owned = own.st_uid == wanted.st_uid && own.st_gid == wanted.st_gid;
  // The owner first: changing it takes bits off the mode.
  if (!is_owned && ::fchown(file_.get(), wanted.st_uid, wanted.st_gid) != 0) {
    throw_errno(cat("keep the owner and group (", static_cast<unsigned>(wanted.st_uid), ":",
                    static_cast<unsigned>(wanted.st_gid), ") of ", shown_));
  }
  if (::fchmod(file_.get(), wanted.st_mode & 07777) != 0) {
    throw_errno("keep the mode of " + shown_);
  }
}

void AtomicFile::commit(Durability durability) {
  if (!is_special_) commit_as(path_, durability);
}

void AtomicFile::commit_as(const fs::path& path, Durability durability) {
  if (durability != Durability::rename) sync_file(file_, path);
  take_name(path);
  if (durability == Durability::fsync) sync_folder(folder_of(path));
}

void AtomicFile::take_name(const fs::path& path) {
  if (part_.empty()) {
    if (give_name(file_, path)) return;
    if (errno != EEXIST) throw_errno("create " + path.string());
    // A link replaces nothing. So the file first gets a name beside, which can be renamed.
    remove_dead_parts(folder_);
    const fs::path part = new_part_name(folder_);
    if (!give_name(file_, part)) throw_errno("create " + path.string());
    part_ = part;
  }
  if (::rename(part_.c_str(), path.c_str()) != 0) throw_errno("rename to " + path.string());
  part_.clear();
}

void write_file(const fs::path& path, std::string_view bytes, unsigned mode,
                Durability durability) {
  AtomicFile file(path, mode);
  file.write(bytes_of(bytes));
  file.commit(durability);
}

}  // namespace n2c
