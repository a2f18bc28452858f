#pragma once
/// Time as n2c sees it. A test can put a clock of its own in its place.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace n2c {

/// Tells the time and waits. Thread-safe.
class Clock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  virtual ~Clock() = default;
  virtual TimePoint now() = 0;
  /// Waits that long, or until a stop is asked for. Returns false when stopped. The machine's clock
  /// takes no memory for it, so that what has a limit keeps it where memory runs out.
  virtual bool wait(std::chrono::nanoseconds how_long, std::stop_token stop) = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  TimePoint now() override { return std::chrono::steady_clock::now(); }
  bool wait(std::chrono::nanoseconds how_long, std::stop_token stop) override {
    // Not condition_variable_any, which allocates.
    std::mutex mutex;
    std::condition_variable stopped;
    const std::stop_callback wake(stop, [&] {
      const std::scoped_lock held(mutex);
      stopped.notify_all();
    });
    std::unique_lock hold(mutex);
    return !stopped.wait_for(hold, how_long, [&] { return stop.stop_requested(); });
  }
};

}  // namespace n2c
