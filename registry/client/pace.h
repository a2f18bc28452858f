#pragma once
/// Whether a registry answers slowly because it is asked too much at once. No I/O.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

namespace n2c::registry {

/// Judges the times that small requests take, in rounds of as many replies as were in flight when
/// the round began. One thread at a time.
class Pace {
 public:
  enum class Verdict {
    usual,
    slow,      ///< this reply: no more requests than now
    too_much,  ///< most replies of a round: fewer requests
  };

  /// A reply that took so long. It is slow when the quickest so far took less than a quarter of
  /// that, and it took more than half a second. So a registry that is far away is not slow.
  Verdict judge(std::chrono::nanoseconds took, std::size_t in_flight) {
    if (!quickest_ || took < *quickest_) quickest_ = took;
    const bool is_slow = took > std::max<std::chrono::nanoseconds>(4 * *quickest_, never_slow);
    if (left_ == 0) {
      left_ = round_ = std::max<std::size_t>(in_flight, 1);
      slow_ = 0;
    }
    if (is_slow) ++slow_;
    if (--left_ == 0 && 2 * slow_ > round_) return Verdict::too_much;
    return is_slow ? Verdict::slow : Verdict::usual;
  }
  /// How many requests were in flight when the round began.
  std::size_t round() const { return round_; }

 private:
  static constexpr std::chrono::milliseconds never_slow{500};

  std::optional<std::chrono::nanoseconds> quickest_;
  std::size_t round_ = 0, left_ = 0, slow_ = 0;
};

}  // namespace n2c::registry
