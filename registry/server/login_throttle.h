#pragma once
/// Makes guessing passwords slow.

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/locked.h"

namespace n2c::registry {

/// Counts wrong logins, each for a peer and user: three are free, and after each further one the
/// next is not looked at for a second, two, four, up to a minute. Ten minutes without one, or a
/// right login, make good. Thread-safe.
class LoginThrottle {
 public:
  /// At most this many are counted; the one whose last was longest ago is forgotten for another.
  static constexpr std::size_t most = 4096;

  /// The clock outlives this.
  explicit LoginThrottle(Clock& clock) : clock_(clock) {}

  /// How long nothing of `who` is to be looked at; 0: not at all.
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
