#pragma once
/// Files: opened, read whole, read from an offset, written so that no one sees half of one.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/stream.h"

namespace n2c {

/// An open file descriptor and its owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// What becomes of a link in the place of a file.
enum class Links { followed, refused };

/// Opens a regular file to read, and never waits. A link to a file is followed, unless it is to be
/// refused; a FIFO, a device, a socket or a folder is an error. Whatever has a name is opened by
/// this function. All descriptors here are close-on-exec. Throws Error{local} "open PATH: No such
/// file or directory", "open PATH: not a regular file".
FileDescriptor open_to_read(const std::filesystem::path& path, Links links = Links::followed);
/// The same, but returns nothing where there is no such file (ENOENT). Every other error is thrown.
std::optional<FileDescriptor> open_if_there(const std::filesystem::path& path);
/// Opens a regular file to read and write, and makes it (mode 0600) where there is none. A link is
/// not followed.
FileDescriptor open_to_lock(const std::filesystem::path& path);
/// Opens a folder.
FileDescriptor open_folder(const std::filesystem::path& path);

/// The whole file, opened by open_to_read(). Throws Error{local} when it cannot be read,
/// Error{input} past `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit);
/// The same, by open_if_there().
std::optional<std::string> read_if_there(const std::filesystem::path& path, std::uint64_t limit);
/// The same for what the user named on the command line. That may also be a pipe (`<(…)`,
/// /dev/stdin) or a device. A FIFO without a writer is an error after two seconds.
std::string read_argument(const std::filesystem::path& path, std::uint64_t limit);

/// Whether something has that name; links are followed. Throws Error{local} when that cannot be
/// told, as where a folder on the way may not be entered.
bool is_there(const std::filesystem::path& path);
/// Where a name leads whose last part is a link, also when nothing is there yet. Throws
/// Error{local} for a link that another user made in a folder where everyone may write. Any other
/// name is returned as it is.
std::filesystem::path behind_links(const std::filesystem::path& path);

/// Opens a FIFO to write to. Waits for somebody who reads from it, and no longer than until the
/// stop of the whole process. Throws Error{local}, Error{cancelled}.
FileDescriptor open_fifo(const std::filesystem::path& path);

/// Writes to a descriptor that may be a pipe from which nobody reads: waits for room, and no longer
/// than until a second after the stop of the whole process (base/input_wait.h). Returns false, with
/// errno, when some could not be written; ECANCELED after a stop.
bool write_bytes(int fd, ByteView bytes);
/// The same. Throws Error{local} "DOING: why", Error{cancelled}.
void write_all(int fd, ByteView bytes, std::string_view doing);

/// The bytes of an open file from its current position. Errors call it `path`.
std::unique_ptr<Reader> reader_of(FileDescriptor file, const std::filesystem::path& path);

/// A regular file's bytes as they are.
class FileSource final : public ByteSource {
 public:
  explicit FileSource(std::filesystem::path path, Links links = Links::followed)
      : path_(std::move(path)), links_(links) {}
  /// Throws Error{local} when the file cannot be opened or is not a regular file.
  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override;

 private:
  std::filesystem::path path_;
  Links links_;
};

enum class Durability {
  rename,  ///< whole or absent, also after SIGKILL
  bytes,   ///< the same after the machine stopped, once sync_folder() was called for its folder
  fsync,   ///< the same after the machine stopped
};

/// A file that gets its name when it is whole. Readers see the old file or the new one. Until then
/// it has no name (O_TMPFILE), so nothing is left when the writer is killed. Some systems and file
/// systems cannot do that, and replacing a file takes a name for a moment: then it is called
/// ".n2c-….part" and locked. The next writer in that folder removes the files of dead writers. A
/// link is followed, and what it names is replaced. A pipe or a device (/dev/stdout) is written to
/// directly.
class AtomicFile final : public Writer {
 public:
  /// Begins `path`; `mode` is cut by the umask. Throws Error{local}.
  explicit AtomicFile(const std::filesystem::path& path, unsigned mode = 0666);
  /// Begins a file that commit_as() will name. Nothing that is in the folder already is followed or
  /// written to.
  struct In {
    std::filesystem::path folder;
    /// What errors call it: the path that it will have or, where that depends on the bytes, words.
    std::string shown;
  };
  explicit AtomicFile(const In& in, unsigned mode = 0666);
  ~AtomicFile() override;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(ByteView bytes) override;
  /// Gives it the owner, group and mode of another file. Throws Error{local} where that is not
  /// allowed.
  void take_rights_of(const FileDescriptor& other);
  /// Puts the file in its place. Throws Error{local}; then nothing was changed.
  void commit(Durability durability = Durability::rename);
  /// The same under another name on the same file system. A blob is named so, once its digest is
  /// known.
  void commit_as(const std::filesystem::path& path, Durability durability = Durability::rename);

 private:
  void begin_named(unsigned mode);
  void take_name(const std::filesystem::path& path);

  std::filesystem::path path_;  // empty: commit_as() says it
  std::filesystem::path folder_;
  std::string shown_;           // what errors call it
  std::filesystem::path part_;  // its name until it is whole; empty: it has none
  FileDescriptor file_;
  bool is_special_ = false;  // a pipe or a device: bytes go to it at once
};

/// Waits until the bytes of a file, or the names in a folder, would survive a loss of power. Throw
/// Error{local} "fsync PATH: …".
void sync_file(const FileDescriptor& file, const std::filesystem::path& path);
void sync_folder(const std::filesystem::path& folder);

/// Removes the ".n2c-….part" files that dead writers left in a folder.
void remove_dead_parts(const std::filesystem::path& folder);

/// Writes a whole small file by AtomicFile.
void write_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0666,
                Durability durability = Durability::rename);

/// A temporary folder. It is removed with all that is in it when this object ends.
class TemporaryFolder {
 public:
  /// Below $TMPDIR or /tmp. Throws Error{local}.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace n2c
