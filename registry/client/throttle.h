#pragma once
/// Limits how many requests are sent to a host at once.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>

#include "registry/client/pace.h"

namespace n2c::registry {

/// A limit that halves when the host says "too many" (429, 503), or answers slowly (pace.h), and
/// grows back by one for every success that is not slow. Thread-safe.
class Throttle {
 public:
  explicit Throttle(std::size_t most) : most_(most), limit_(most) {}

  /// Waits for a place. Throws Error{cancelled}.
  void enter(std::stop_token stop);
  enum class Outcome { success, too_many, other };
  /// `took`: how long a small request did. Unset for another.
  void leave(Outcome outcome, std::optional<std::chrono::nanoseconds> took = std::nullopt);

  /// Slow answers make them no fewer: a few large uploads may be among them.
  static constexpr std::size_t fewest_when_slow = 8;

  std::size_t limit() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any room_;
  const std::size_t most_;
  std::size_t limit_;
  std::size_t inside_ = 0;
  Pace pace_;
};

}  // namespace n2c::registry
