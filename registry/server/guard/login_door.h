#pragma once
/// Asks for a login before a handler.

#include <memory>
#include <optional>

#include "registry/server/guard/htpasswd.h"
#include "registry/server/net/handler.h"

namespace n2c::registry {

/// Who is let in. Thread-safe.
///
/// A right login is remembered for the address that it came from. So it costs its bcrypt once, and
/// is let in at once whatever others try. After some wrong ones (login_throttle.h), logins for that
/// user from that address are not looked at: they are answered 429 with Retry-After. So are logins
/// that come while 64 others wait for one of half the processors. Nothing sleeps.
class LoginDoor {
 public:
  explicit LoginDoor(Htpasswd logins);
  ~LoginDoor();
  LoginDoor(const LoginDoor&) = delete;
  LoginDoor& operator=(const LoginDoor&) = delete;

  /// Other logins from now on; whom the old ones let in is asked again.
  void renew(Htpasswd logins);
  /// What to answer instead of the handler's reply: 401 with a Basic challenge (RFC 7617), or 429.
  /// Nothing when the login is right.
  std::optional<Reply> refusal(const Request& request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A handler that is reached only through the door.
Handler with_login(std::shared_ptr<LoginDoor> door, Handler handler);

}  // namespace n2c::registry
