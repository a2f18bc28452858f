#pragma once
/// A clock that a test moves while other threads ask it and wait for it.

#include <condition_variable>
#include <mutex>

#include "test/support/fake_clock.h"

namespace n2c::test {

/// Thread-safe. What waits does so until the clock was moved far enough, or until its stop.
class MovedClock final : public Clock {
 public:
  TimePoint now() override {
    const std::scoped_lock hold(mutex_);
    ++asked_;
    changed_.notify_all();
    return now_;
  }
  bool wait(std::chrono::nanoseconds how_long, std::stop_token stop) override {
    std::unique_lock hold(mutex_);
    const TimePoint end = now_ + how_long;
    ++waits_;
    changed_.notify_all();
    return changed_.wait(hold, stop, [&] { return now_ >= end; });
  }

  void advance(std::chrono::nanoseconds how_long) {
    const std::scoped_lock hold(mutex_);
    now_ += how_long;
    changed_.notify_all();
  }
  /// Waits until somebody waits for the `count`th time; false after 10 s.
  bool wait_for_waits(int count) {
    std::unique_lock hold(mutex_);
    return changed_.wait_for(hold, std::chrono::seconds(10), [&] { return waits_ >= count; });
  }
  /// Waits until it was asked `count` times more; false after 10 s.
  bool wait_until_asked(int count) {
    std::unique_lock hold(mutex_);
    const int enough = asked_ + count;
    return changed_.wait_for(hold, std::chrono::seconds(10), [&] { return asked_ >= enough; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  TimePoint now_{std::chrono::hours(1000)};
  int asked_ = 0;
  int waits_ = 0;
};

}  // namespace n2c::test
