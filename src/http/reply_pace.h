#pragma once
/// Whether a reply comes too slowly to be waited for. A pure function of times and counts.

#include <chrono>
#include <cstdint>

namespace n2c::http {

/// Counts the bytes of one reply. The reply may take its time to begin. From then on it has to
/// bring `min_rate` bytes a second over every stretch of `stretch`. registry/server asks the same
/// of clients. One thread at a time.
class ReplyPace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `min_rate` 0: never too slow.
  ReplyPace(std::uint64_t min_rate, std::chrono::milliseconds stretch)
      : least_(min_rate * static_cast<std::uint64_t>(stretch.count()) / 1000), stretch_(stretch) {}

  void came(std::uint64_t bytes, Time now) {
    if (!begun_) since_ = now;
    begun_ = true;
    bytes_ += bytes;
  }
  /// Forgets what was counted before. To be called when n2c did not take what came, or was still
  /// sending: then the other side was not slow.
  void restart(Time now) {
    since_ = now;
    bytes_ = 0;
  }
  bool is_too_slow(Time now) {
    if (!begun_ || now - since_ < stretch_) return false;
    if (bytes_ < least_) return true;
    restart(now);
    return false;
  }

 private:
  const std::uint64_t least_;  // bytes in a stretch
  const std::chrono::milliseconds stretch_;
  bool begun_ = false;
  Time since_{};
  std::uint64_t bytes_ = 0;
};

}  // namespace n2c::http
