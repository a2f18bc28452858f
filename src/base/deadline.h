#pragma once
/// A stop that comes by itself after a while.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace n2c {

/// Its token is asked to stop when `outer` is, or when the time is over. For work that others can
/// do without. Starts a thread, which ends with it.
class Deadline {
 public:
  Deadline(std::stop_token outer, std::chrono::milliseconds after)
      : pass_on_(std::move(outer), [this] { stop_.request_stop(); }),
        timer_([this, after](const std::stop_token& ended) {
          std::mutex mutex;
          std::unique_lock hold(mutex);
          std::condition_variable_any never;
          never.wait_for(hold, ended, after, [] { return false; });
          if (!ended.stop_requested()) stop_.request_stop();
        }) {}

  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> pass_on_;
  std::jthread timer_;
};

}  // namespace n2c
