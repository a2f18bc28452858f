#pragma once
/// Locks between processes: on a file that exists for it alone, and on a folder.

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "base/file.h"

namespace n2c {

/// The lock is held as long as this object lives. Then the file is removed. A process that is
/// killed leaves its file, and the next one takes it over.
class FileLock {
 public:
  /// Makes the file (mode 0600) when it is not there, and waits up to `patience` for another
  /// holder. Returns nothing when that was too short. Where the file system has no locks, every
  /// caller gets one. Throws Error{local} when the file cannot be made or is no regular one,
  /// Error{cancelled}.
  static std::optional<FileLock> take(const std::filesystem::path& path,
                                      std::chrono::milliseconds patience,
                                      const std::stop_token& stop);
  FileLock(FileLock&&) noexcept = default;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  /// The file stays when this ends.
  void leave() { path_.clear(); }

 private:
  FileLock(FileDescriptor file, std::filesystem::path path)
      : file_(std::move(file)), path_(std::move(path)) {}

  FileDescriptor file_;
  std::filesystem::path path_;
};

/// A folder that others wait for as long as this lives, by an flock on the folder itself: files in
/// it may be replaced meanwhile, it is not.
class FolderLock {
 public:
  /// Waits for another holder until a stop. Throws Error{local} when the folder cannot be opened or
  /// its file system knows no locks, Error{cancelled}.
  FolderLock(const std::filesystem::path& folder, const std::stop_token& stop);

 private:
  FileDescriptor folder_;
};

}  // namespace n2c
