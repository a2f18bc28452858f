#pragma once
/// Makes guessing passwords slow.

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/locked.h"

namespace n2c::registry {

/// Counts wrong logins for each peer and user. Three are free. After each further one the next
/// login is not looked at for a second, two, four, up to a minute. Ten minutes without a wrong
/// login, or a right one, reset the count. Thread-safe.
class LoginThrottle {
 public:
  /// At most this many peers and users are counted. The one whose last wrong login is oldest is
  /// forgotten for another.
  static constexpr std::size_t most = 4096;

  /// The clock outlives this.
  explicit LoginThrottle(Clock& clock) : clock_(clock) {}

  /// How long logins of `who` are not looked at. 0: they are.
  std::chrono::seconds wait(const std::string& who) const;
  void failed(const std::string& who);
  void succeeded(const std::string& who);

 private:
  struct Failures {
    std::size_t count = 0;
    Clock::TimePoint last{};
  };
  using Table = std::map<std::string, Failures>;

  static void make_room(Table& table);

  Clock& clock_;
  Locked<Table> table_;
};

}  // namespace n2c::registry
