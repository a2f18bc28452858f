#pragma once
/// Files that are made durable in the background, side by side, while others are still written.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/file.h"

namespace n2c {

/// Each file gets its name once its bytes would survive a loss of power, and the names do when
/// finish() returns. So one by one is waited for by nobody, and what names the files is written
/// after finish(). Thread-safe.
class FileBatch {
 public:
  FileBatch() = default;
  /// Waits for what was added. A failure is not reported.
  ~FileBatch();
  FileBatch(const FileBatch&) = delete;
  FileBatch& operator=(const FileBatch&) = delete;

  /// Takes a file that is written. Waits while `most_files` are not durable yet.
  void add(std::unique_ptr<AtomicFile> file, std::filesystem::path path);
  /// Whether a file that was added is about to get that name.
  bool has(const std::filesystem::path& path);
  /// Waits until every file that was added has its name, for good. Throws the first failure,
  /// Error{local} as a rule, and again whenever it is called: what was added is not whole.
  void finish();

  static constexpr std::size_t most_files = 64;  ///< open at once
  static constexpr std::size_t most_threads = 8;

 private:
  struct Written {
    std::unique_ptr<AtomicFile> file;
    std::filesystem::path path;
  };
  void work();
  void add_thread();

  std::mutex finishing_;  // held by the one that makes the names durable
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Written> waiting_;                    // this and all below under mutex_
  std::size_t under_way_ = 0;                      // taken from waiting_, and not settled
  std::multiset<std::filesystem::path> nameless_;  // the paths of both
  std::set<std::filesystem::path> folders_;        // whose names are not durable yet
  std::exception_ptr failed_;
  bool ends_ = false;
  std::size_t idle_ = 0;
  std::vector<std::jthread> threads_;  // last: they end first
};

}  // namespace n2c
