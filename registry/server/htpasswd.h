#pragma once
/// Who may use a server: user names and password hashes as Apache's htpasswd writes them.

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "registry/server/server.h"

namespace n2c::registry {

/// An immutable value.
class Htpasswd {
 public:
  /// Lines "USER:HASH"; empty ones and #comments are skipped. Hashes are bcrypt (htpasswd -B) or
  /// another of crypt(5)'s that is not DES or MD5. The error names the line.
  static Parsed<Htpasswd> parse(std::string_view text);

  /// Whether an Authorization header's value ("Basic …") is of a user with that password.
  /// Takes as long as the hash makes it.
  bool allows(std::string_view authorization) const;

 private:
  std::map<std::string, std::string, std::less<>> hashes_;
};

/// A handler that answers 401 with a Basic challenge (RFC 7617) unless the login is right. Logins
/// that were right are remembered, as a hash, so that each costs its bcrypt once.
Handler with_login(Htpasswd logins, Handler handler);

}  // namespace n2c::registry
