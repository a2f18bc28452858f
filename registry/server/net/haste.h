#pragma once
/// Whether one client asks so much that others should go first.

#include <chrono>

namespace n2c::registry {

/// The requests of one connection. Not for several threads.
class Haste {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// To be told of each request, before it is answered. `came_early` says that it was here before
  /// the reply to the one before was sent (RFC 9112 section 9.3.2), which n2c, browsers and engines
  /// do not do. Returns true when that is so, or when it is more than the 50th within a tenth of a
  /// second.
  bool is_too_great(TimePoint now, bool came_early) {
    constexpr auto while_counted = std::chrono::milliseconds(100);
    constexpr int most = 50;
    if (now - since_ >= while_counted) {
      since_ = now;
      count_ = 0;
    }
    ++count_;
    return came_early || count_ > most;
  }

 private:
  TimePoint since_{};
  int count_ = 0;
};

}  // namespace n2c::registry
