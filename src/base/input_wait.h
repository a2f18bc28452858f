#pragma once
/// Waiting for bytes that come from outside, which a stop ends.

#include <stop_token>

#include "base/error.h"
#include "base/system.h"

namespace n2c {

/// The stop of the whole process, for what waits and is given no token. It is set once, before
/// there is anything to wait for.
inline std::stop_token& process_stop() {
  static std::stop_token stop;
  return stop;
}

/// Waits no longer than until a stop. One thread at a time.
class InputWait {
 public:
  /// Throws Error{local}.
  explicit InputWait(const std::stop_token& stop) : stop_(stop), on_stop_(stop, Wake{stopped_}) {}

  /// Returns when the descriptor can be read or is at its end. Throws Error{cancelled} after a
  /// stop, and Error{local}.
  void until_readable(int fd) const {
    if (!stop_.stop_requested()) wait_readable(fd, stopped_.fd());
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
  }

 private:
  struct Wake {
    const WakeUp& stopped;
    void operator()() const noexcept { stopped.signal(); }
  };

  const std::stop_token stop_;
  const WakeUp stopped_;
  const std::stop_callback<Wake> on_stop_;
};

}  // namespace n2c
