#pragma once
/// Lines for people while a host is talked to: retries, fallbacks, warnings.

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "base/locked.h"
#include "base/printable.h"

namespace n2c::registry {

/// Thread-safe.
class Notes {
 public:
  /// `tell` is called from any thread; empty: nobody listens.
  explicit Notes(std::function<void(const Printable& line)> tell) : tell_(std::move(tell)) {}

  void say(const Printable& line) const {
    if (tell_) tell_(line);
  }
  /// Says a line that was not said by this before.
  void say_once(const std::string& line) {
    if (said_.with([&](auto& said) { return said.insert(line).second; })) say(line);
  }

 private:
  const std::function<void(const Printable&)> tell_;
  Locked<std::set<std::string>> said_;
};

}  // namespace n2c::registry
