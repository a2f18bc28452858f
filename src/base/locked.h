#pragma once
/// A value that can be reached only while its lock is held.

#include <mutex>
#include <utility>

namespace n2c {

/// Thread-safe by construction: there is no other way to the T.
template <class T>
class Locked {
 public:
  Locked() = default;
  explicit Locked(T value) : value_(std::move(value)) {}

  /// Calls use(T&) under the lock and returns what it returns (never a reference into the T).
  template <class Use>
  auto with(Use&& use) {
    const std::scoped_lock hold(mutex_);
    return std::forward<Use>(use)(value_);
  }
  template <class Use>
  auto with(Use&& use) const {
    const std::scoped_lock hold(mutex_);
    return std::forward<Use>(use)(std::as_const(value_));
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace n2c
