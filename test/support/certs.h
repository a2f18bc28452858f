#pragma once
/// TLS certificates made in memory, valid from yesterday to tomorrow.

#include <string>

namespace n2c::test {

/// PEM texts.
struct Identity {
  std::string certificate;
  std::string key;
};

/// An authority of its own.
Identity make_authority();
/// A certificate for `address` (an IP address) that `authority` signed; `expired`: since an hour.
Identity make_identity(const Identity& authority, const std::string& address, bool expired = false);

}  // namespace n2c::test
