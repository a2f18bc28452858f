#pragma once
/// Keeps work that takes a processor for long from taking all of them.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <semaphore>
#include <thread>
#include <utility>

namespace n2c::registry {

/// Lets as many in at a time as half of the processors, so that the others are left to everybody
/// else. While others wait for a place, one that was taken stays empty for as long again, so that
/// those who ask all the time get a quarter at most. Thread-safe; must outlive its turns.
class Turnstile {
 public:
  /// A place inside, or none. One thread at a time.
  class Turn {
   public:
    explicit Turn(Turnstile* owner) : owner_(owner) {}
    ~Turn() {
      if (owner_ == nullptr) return;
      if (owner_->waiting_ > 0) {
        std::this_thread::sleep_for(std::min(Clock::now() - began_, longest_pause));
      }
      owner_->free_.release();
    }
    Turn(Turn&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), began_(other.began_) {}
    Turn& operator=(Turn&&) = delete;
    explicit operator bool() const { return owner_ != nullptr; }

   private:
    using Clock = std::chrono::steady_clock;
    static constexpr Clock::duration longest_pause = std::chrono::seconds(1);

    Turnstile* owner_;
    Clock::time_point began_ = Clock::now();
  };

  /// Waits for a place, 10 s at most. None where 64 wait already, or the wait was too long.
  Turn enter() {
    if (waiting_.fetch_add(1) >= most_waiting) {
      --waiting_;
      return Turn(nullptr);
    }
    const bool entered = free_.try_acquire_for(longest_wait);
    --waiting_;
    return Turn(entered ? this : nullptr);
  }

 private:
  static constexpr int most_waiting = 64;
  static constexpr std::chrono::seconds longest_wait{10};

  std::counting_semaphore<> free_{
      static_cast<std::ptrdiff_t>(std::max(1U, std::thread::hardware_concurrency() / 2))};
  std::atomic<int> waiting_ = 0;
};

}  // namespace n2c::registry
