#include "layout/file_batch.h"

#include <utility>

#include "base/error.h"
#include "base/thread.h"

namespace n2c {

FileBatch::~FileBatch() {
  {
    const std::scoped_lock hold(mutex_);
    ends_ = true;  // once nothing is waiting
  }
  changed_.notify_all();
}

void FileBatch::add(std::unique_ptr<AtomicFile> file, std::filesystem::path path) {
  std::unique_lock hold(mutex_);
  changed_.wait(hold, [&] { return waiting_.size() + under_way_ < most_files; });
  threads_.reserve(most_threads);  // a thread without a place would be waited for, and it waits
  folders_.insert(path.parent_path());
  const auto nameless = nameless_.insert(path);
  try {
    waiting_.push_back({std::move(file), std::move(path)});
  } catch (...) {
    nameless_.erase(nameless);
    throw;
  }
  if (idle_ < waiting_.size() && threads_.size() < most_threads) {
    add_thread();
  }
  changed_.notify_all();
}

/// Under the lock. Fewer threads do as well.
void FileBatch::add_thread() {
  try {
    threads_.push_back(start_thread([this] { work(); }));
  } catch (...) {  // no thread, or no memory for one
    if (!threads_.empty()) return;
    waiting_.clear();  // nobody would take it
    failed_ = std::current_exception();
    throw;
  }
}

bool FileBatch::has(const std::filesystem::path& path) {
  const std::scoped_lock hold(mutex_);
  return nameless_.contains(path);
}

void FileBatch::finish() {
  const std::scoped_lock one_at_a_time(finishing_);
  std::unique_lock hold(mutex_);
  changed_.wait(hold, [&] { return waiting_.empty() && under_way_ == 0; });
  if (failed_) std::rethrow_exception(failed_);
  const auto folders = std::exchange(folders_, {});
  hold.unlock();
  try {
    for (const auto& folder : folders) sync_folder(folder);
  } catch (...) {
    hold.lock();
    failed_ = std::current_exception();
    throw;
  }
}

void FileBatch::work() {
  std::unique_lock hold(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(hold, [&] { return !waiting_.empty() || ends_; });
    --idle_;
    if (waiting_.empty()) return;
    Written one = std::move(waiting_.front());
    waiting_.pop_front();
    ++under_way_;
    hold.unlock();
    std::exception_ptr failed;
    try {
      one.file->commit_as(one.path, Durability::bytes);
      one.file.reset();
    } catch (...) {
      failed = std::current_exception();
    }
    hold.lock();
    --under_way_;
    nameless_.erase(nameless_.find(one.path));
    if (!failed_) failed_ = failed;
    changed_.notify_all();
  }
}

}  // namespace n2c
