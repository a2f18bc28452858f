#pragma once
/// Limits how many requests are sent to a host at once.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

namespace n2c::registry {

/// A limit that halves when the host says "too many" (429, 503) and grows back by one for every
/// success. Thread-safe.
class Throttle {
 public:
  explicit Throttle(std::size_t most) : most_(most), limit_(most) {}

  /// Waits for a place. Throws Error{cancelled}.
  void enter(std::stop_token stop);
  enum class Outcome { success, too_many, other };
  void leave(Outcome outcome);

  std::size_t limit() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any room_;
  const std::size_t most_;
  std::size_t limit_;
  std::size_t inside_ = 0;
};

}  // namespace n2c::registry
