#pragma once
/// A stop that comes by itself after a while.

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "base/thread.h"

namespace n2c {

/// Its token is asked to stop when `outer` is, or when the time is over. Starts a thread, which
/// ends with it. Throws Error{local} where none can be made.
class Deadline {
 public:
  /// Nothing but the time ends it.
  explicit Deadline(std::chrono::milliseconds after) : Deadline(std::stop_token(), after) {}
  Deadline(std::stop_token outer, std::chrono::milliseconds after)
      : Deadline(the_machines(), std::move(outer), after) {}
  /// By that clock, which outlives this.
  Deadline(Clock& clock, std::stop_token outer, std::chrono::milliseconds after)
      : pass_on_(std::move(outer), [this] { stop_.request_stop(); }),
        timer_(start_thread([this, &clock, after](const std::stop_token& ended) {
          if (clock.wait(after, ended)) stop_.request_stop();
        })) {}

  std::stop_token token() const { return stop_.get_token(); }

 private:
  static Clock& the_machines() {
    static SystemClock clock;
    return clock;
  }

  std::stop_source stop_;
  std::stop_callback<std::function<void()>> pass_on_;
  std::jthread timer_;
};

}  // namespace n2c
