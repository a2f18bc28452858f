#pragma once
/// A clock that a test moves; waiting moves it at once.

#include <vector>

#include "base/clock.h"
#include "base/locked.h"

namespace n2c::test {

/// Thread-safe.
class FakeClock final : public Clock {
 public:
  TimePoint now() override {
    return time_.with([](const Time& time) { return time.now; });
  }
  bool wait(std::chrono::nanoseconds how_long, std::stop_token stop) override {
    if (stop.stop_requested()) return false;
    time_.with([&](Time& time) {
      time.now += how_long;
      time.waits.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(how_long));
    });
    return true;
  }
  void advance(std::chrono::nanoseconds how_long) {
    time_.with([&](Time& time) { time.now += how_long; });
  }
  /// Every wait so far.
  std::vector<std::chrono::milliseconds> waits() const {
    return time_.with([](const Time& time) { return time.waits; });
  }

 private:
  struct Time {
    TimePoint now{std::chrono::hours(1000)};
    std::vector<std::chrono::milliseconds> waits;
  };
  Locked<Time> time_;
};

}  // namespace n2c::test
