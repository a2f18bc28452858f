#pragma once
/// A lock that processes take on a file of its own, by its name.

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "base/file.h"

namespace n2c {

/// Held as long as it lives; then the file is gone, but for whoever is killed. Whoever comes next
/// takes the file that such a one left.
class FileLock {
 public:
  /// Makes the file (0600) when it is not there, and waits for another holder as long as `patience`
  /// lasts: nothing when that was too short. Where the file system knows no locks, all get one.
  /// Throws Error{local} when the file cannot be made or is no regular one, Error{cancelled}.
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
