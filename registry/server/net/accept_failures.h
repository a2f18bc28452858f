#pragma once
/// What a server does about connections that it cannot accept.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace n2c::registry {

/// Decides whether to say something, whether to wait, and whether to give up. A server must not
/// live on without a word that nobody can reach. One thread at a time.
class AcceptFailures {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Next {
    std::string line{};                 ///< to be told; empty: nothing
    std::chrono::milliseconds pause{};  ///< before another try
    bool is_end = false;                ///< none will ever come
  };

  /// What follows from the errno of accept() (accept(2)); 0, EAGAIN: it works.
  ///
  /// A client that left, or a network that failed, is passed over. Where descriptors or memory are
  /// short it goes on: connections that end give some back. It is reported when that lasts a
  /// second. Anything else is the listening socket's own failure, which ends the server when it
  /// lasts three.
  Next after(int error, TimePoint now);

  /// A connection was accepted and closed for want of memory or a thread: the line to be told.
  std::string after_dropped(std::string_view why, TimePoint now);

 private:
  bool may_tell(TimePoint now);

  std::optional<TimePoint> since_;  // of what lasts
  int error_ = 0;                   // its errno
  std::optional<TimePoint> told_at_;
  bool is_told_ = false;  // that it cannot accept; so that it does again will be told too
};

}  // namespace n2c::registry
