#pragma once
/// Lines for people while a host is talked to: retries, fallbacks, warnings.

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "base/locked.h"
#include "base/printable.h"
#include "base/retry.h"

namespace n2c::registry {

/// Thread-safe.
class Notes {
 public:
  using TellRetry = std::function<void(const RetryNotice& notice)>;
  /// Both are called from any thread; empty: nobody listens.
  explicit Notes(std::function<void(const Printable& line)> tell, TellRetry tell_retry = {})
      : tell_(std::move(tell)), tell_retry_(std::move(tell_retry)) {}

  void say(const Printable& line) const {
    if (tell_) tell_(line);
  }
  /// A request that is tried again: to who counts them, else as a line.
  void retry(const RetryNotice& notice, bool is_new) const {
    if (tell_retry_) return tell_retry_(notice);
    if (is_new) say(notice.why + "; " + notice.next);
  }
  /// Says a line that was not said by this before.
  void say_once(const std::string& line) {
    if (said_.with([&](auto& said) { return said.insert(line).second; })) say(line);
  }

 private:
  const std::function<void(const Printable&)> tell_;
  const TellRetry tell_retry_;
  Locked<std::set<std::string>> said_;
};

}  // namespace n2c::registry
