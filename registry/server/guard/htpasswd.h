#pragma once
/// Who may use a server: user names and password hashes as Apache's htpasswd writes them.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace n2c::registry {

struct BasicLogin {
  std::string user, password;
};

/// The user and password in an Authorization header's value ("Basic …", RFC 7617), or nothing.
std::optional<BasicLogin> basic_login(std::string_view authorization);

/// An immutable value.
class Htpasswd {
 public:
  /// Lines "USER:HASH"; empty ones and #comments are skipped. Hashes are bcrypt (htpasswd -B) or
  /// another of crypt(5)'s that is not DES or MD5. The error names the line.
  static Parsed<Htpasswd> parse(std::string_view text);

  /// Whether there is such a user with that password. An unknown user takes as long as a known one.
  bool allows(const BasicLogin& login) const;

 private:
  std::map<std::string, std::string> hashes_;
};

}  // namespace n2c::registry
