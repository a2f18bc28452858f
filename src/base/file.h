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

/// Opens a file to read, and never waits: a FIFO, a device, a socket or a folder in its place is an
/// error, a link to a file is not. This is the way to open what has a name; all descriptors here
/// are close-on-exec. Throws Error{local} "open PATH: No such file or directory", "open PATH: not a
/// regular file".
FileDescriptor open_to_read(const std::filesystem::path& path);
/// The same, but nothing where there is no such file (ENOENT; no other error is taken for that).
std::optional<FileDescriptor> open_if_there(const std::filesystem::path& path);
/// Opens a regular file to read and write, and makes it (0600) where it is not there; a link is
/// not followed.
FileDescriptor open_to_lock(const std::filesystem::path& path);
/// Opens a folder.
FileDescriptor open_folder(const std::filesystem::path& path);

/// The whole file, opened by open_to_read(). Throws Error{local} when it cannot be read,
/// Error{input} past `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit);
/// The same, by open_if_there().
std::optional<std::string> read_if_there(const std::filesystem::path& path, std::uint64_t limit);
/// The same of what the user named on the command line: a pipe (`<(…)`, /dev/stdin) and a device
/// too. A FIFO without a writer is an error after two seconds.
std::string read_argument(const std::filesystem::path& path, std::uint64_t limit);

/// Whether something has that name, links followed. Throws Error{local} when that cannot be told: a
/// folder on the way may not be entered.
bool is_there(const std::filesystem::path& path);
/// The file behind a name whose last part is a link, also where it leads to nothing yet; else the
/// name itself.
std::filesystem::path behind_links(const std::filesystem::path& path);

/// The bytes of an open file from where it stands; `path` is what errors call it.
std::unique_ptr<Reader> reader_of(FileDescriptor file, const std::filesystem::path& path);

/// A regular file's bytes as they are.
class FileSource final : public ByteSource {
 public:
  explicit FileSource(std::filesystem::path path) : path_(std::move(path)) {}
  /// Throws Error{local} when the file cannot be opened or is not a regular file.
  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override;

 private:
  std::filesystem::path path_;
};

enum class Durability {
  rename,  ///< whole or absent, also after SIGKILL
  fsync,   ///< the same after the machine stopped
};

/// A file that gets its name when it is whole: readers see the old file or the new one. Until then
/// it has none (O_TMPFILE), so that whatever kills the writer, nothing is left. Where the system
/// or the file system cannot do that, and for the moment it takes to replace a file, it is called
/// ".n2c-….part" and locked; whoever makes such a name next in that folder removes those of dead
/// writers. A link is followed: what it names is replaced. A pipe or a device (/dev/stdout) is
/// written to as it is.
class AtomicFile final : public Writer {
 public:
  /// Begins `path`; `mode` is cut by the umask. Throws Error{local}.
  explicit AtomicFile(const std::filesystem::path& path, unsigned mode = 0666);
  /// Begins a file whose name comes with commit_as(). Whatever stands in that folder is neither
  /// followed nor written to.
  struct In {
    std::filesystem::path folder;
  };
  explicit AtomicFile(const In& in, unsigned mode = 0666);
  ~AtomicFile() override;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(ByteView bytes) override;
  /// Gives it the owner, group and mode of another. Throws Error{local} where that is not allowed.
  void take_rights_of(const FileDescriptor& other);
  /// Puts the file in its place. Throws Error{local}; then nothing was changed.
  void commit(Durability durability = Durability::rename);
  /// The same under another name of the same file system (a blob named once its digest is known).
  void commit_as(const std::filesystem::path& path, Durability durability = Durability::rename);

 private:
  void begin_named(unsigned mode);
  void take_name(const std::filesystem::path& path);

  std::filesystem::path path_;
  std::filesystem::path part_;  // its name as long as it is not whole; empty: none
  FileDescriptor file_;
  bool is_special_ = false;  // a pipe or a device: bytes go to it at once
};

/// Waits until what was written to a file, or the names in a folder, are there after the machine
/// stopped. Throw Error{local} "fsync PATH: …".
void sync_file(const FileDescriptor& file, const std::filesystem::path& path);
void sync_folder(const std::filesystem::path& folder);

/// Removes what writers that are no more left in a folder (".n2c-….part").
void remove_dead_parts(const std::filesystem::path& folder);

/// Writes a whole small file by AtomicFile.
void write_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0666,
                Durability durability = Durability::rename);

/// A folder of its own that is removed, with what is in it, when this is.
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
