#pragma once
/// Asks for a login before a handler.

#include "registry/server/htpasswd.h"
#include "registry/server/server.h"

namespace n2c::registry {

/// A handler that answers 401 with a Basic challenge (RFC 7617) unless the login is right.
///
/// Logins that were right are remembered for the address they came from, so that each costs its
/// bcrypt once, and are let in at once whatever others try. After some wrong ones
/// (login_throttle.h) what comes for that user from that address is answered 429 with Retry-After
/// and not looked at; so is what comes while 64 logins wait for one of half the processors. Nothing
/// sleeps.
Handler with_login(Htpasswd logins, Handler handler);

}  // namespace n2c::registry
