#pragma once
/// Bytes from one thread's hands into another's, with nothing kept between them.

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <utility>

#include "base/stream.h"

namespace n2c {

/// One thread gives, one takes. A giver's bytes stay where they are until the taker has them all.
class Handover {
 public:
  /// Giver: waits until all of `bytes` were taken. False when the taker has gone: stop giving.
  bool give(ByteView bytes) {
    std::unique_lock hold(mutex_);
    offered_ = bytes;
    changed_.notify_all();
    changed_.wait(hold, [this] { return offered_.empty() || closed_; });
    offered_ = {};
    return !closed_;
  }

  /// Giver: there is no more. `failure` says why, where that is not the bytes' end.
  void finish(std::exception_ptr failure = {}) {
    const std::scoped_lock hold(mutex_);
    finished_ = true;
    failure_ = std::move(failure);
    changed_.notify_all();
  }

  /// Taker: waits for at least one byte. Returns how many were stored, 0 at the end. Throws the
  /// giver's failure. `into` is not empty.
  std::size_t take(ByteSpan into) {
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [this] { return !offered_.empty() || finished_; });
    if (offered_.empty() && failure_) std::rethrow_exception(failure_);
    const std::size_t count = std::min(into.size(), offered_.size());
    if (count != 0) std::memcpy(into.data(), offered_.data(), count);
    offered_ = offered_.subspan(count);
    if (offered_.empty()) changed_.notify_all();
    return count;
  }

  /// Taker: wants no more. A giver that waits wakes.
  void close() {
    const std::scoped_lock hold(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  ByteView offered_;            // under mutex_, as all of these
  bool finished_ = false;       // there is no more
  bool closed_ = false;         // nobody takes any more
  std::exception_ptr failure_;  // why it is finished
};

}  // namespace n2c
