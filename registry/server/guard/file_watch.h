#pragma once
/// Whether files were replaced or written since they were read.

#include <filesystem>
#include <string>
#include <vector>

namespace n2c::registry {

/// One thread at a time.
class FileWatch {
 public:
  /// The files as they are now count as read.
  explicit FileWatch(std::vector<std::filesystem::path> files);

  /// True once for each change, when it is over: two calls in a row see the same files, and other
  /// ones than were read. So a certificate and its key can be replaced one after the other.
  bool changed();
  /// The files as they are now count as read.
  void read_now();

 private:
  /// What tells one state of a file from another; empty when it is not there.
  std::vector<std::string> look() const;

  std::vector<std::filesystem::path> files_;
  std::vector<std::string> read_, last_seen_;
};

}  // namespace n2c::registry
