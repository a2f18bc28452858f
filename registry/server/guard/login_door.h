#pragma once
/// Asks for a login before a handler.

#include "registry/server/guard/htpasswd.h"
#include "registry/server/net/handler.h"

namespace n2c::registry {

/// A handler that answers 401 with a Basic challenge (RFC 7617) unless the login is right.
///
/// A right login is remembered for the address that it came from. So it costs its bcrypt once, and
/// is let in at once whatever others try. After some wrong ones (login_throttle.h), logins for that
/// user from that address are not looked at: they are answered 429 with Retry-After. So are logins
/// that come while 64 others wait for one of half the processors. Nothing sleeps.
Handler with_login(Htpasswd logins, Handler handler);

}  // namespace n2c::registry
