#pragma once
/// A lock between processes, held on a file that exists for it alone.

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

 private:
  FileLock(FileDescriptor file, std::filesystem::path path)
      : file_(std::move(file)), path_(std::move(path)) {}

  FileDescriptor file_;
  std::filesystem::path path_;
};

}  // namespace n2c
