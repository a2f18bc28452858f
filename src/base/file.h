#pragma once
/// Files: opened, read whole, read from an offset, written so that no one sees half of one.

#include <cstdint>
#include <filesystem>
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

/// Opens for reading (close-on-exec). Throws Error{local} "open PATH: No such file or directory".
FileDescriptor open_to_read(const std::filesystem::path& path);

/// The whole file. Throws Error{local} when it cannot be read, Error{input} past `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit);

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
  ~AtomicFile() override;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(ByteView bytes) override;
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
