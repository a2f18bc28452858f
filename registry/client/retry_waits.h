#pragma once
/// The waits between the tries of one host's requests.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/locked.h"
#include "base/retry.h"
#include "http/transport.h"
#include "registry/client/notes.h"

namespace n2c::registry {

/// A try that failed.
struct Setback {
  int attempt = 1;                                         ///< which it was, from 1
  Clock::TimePoint since{};                                ///< when the first began
  std::string_view why{};                                  ///< "PUT https://…: 503"
  std::optional<std::chrono::milliseconds> retry_after{};  ///< what the server asks for
  std::optional<std::chrono::seconds> max_time{};          ///< shorter than the policy's: not noted
};

/// Thread-safe.
class RetryWaits {
 public:
  /// `seed` of the jitter; random when unset.
  RetryWaits(RetryPolicy policy, Clock& clock, std::optional<std::uint64_t> seed, Notes& notes);

  Clock& clock() const { return clock_; }

  /// Waits before the next try, as long as the policy says, and notes why: alike reasons of several
  /// requests once, where nobody counts them (notes.h). Returns nothing then. When there is no
  /// further try, returns what is to be said of that at the end of the error's message: how many
  /// tries were made ("" for one), and a Retry-After that asks for more than the policy's time.
  /// Throws Error{cancelled}.
  std::optional<std::string> wait(const Setback& setback, std::stop_token stop);

 private:
  std::string farewell(const Setback& setback, std::chrono::milliseconds elapsed) const;
  void say(const Setback& setback, std::chrono::milliseconds delay);

  const RetryPolicy policy_;
  Clock& clock_;
  Notes& notes_;
  Locked<std::mt19937_64> random_;
  /// Until when a reason of a try is not said again.
  Locked<std::map<std::pair<std::string, int>, Clock::TimePoint>> said_;
};

/// What a reply's Retry-After asks for.
std::optional<std::chrono::milliseconds> retry_after(const http::Response& response);

}  // namespace n2c::registry
