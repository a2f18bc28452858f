#pragma once
/// The programs that keep logins for docker and podman (docker-credential-helpers, "Development").
/// They are called as docker-credential-NAME get|store|erase, with texts and JSON over standard
/// input and output.

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "registry/client/auth/credentials.h"

namespace n2c::registry {

class CredentialHelper {
 public:
  /// `suffix` is as auth files have it: "pass" stands for docker-credential-pass.
  explicit CredentialHelper(std::string suffix) : program_("docker-credential-" + suffix) {}

  /// Nothing when the helper has no login for that host. Throws Error{local} when it fails
  /// otherwise; its output is never part of the message.
  std::optional<Credentials> get(std::string_view host) const;
  void store(std::string_view host, const Credentials& login) const;
  void erase(std::string_view host) const;
  const std::string& program() const { return program_; }

 private:
  std::string run(const char* verb, const std::string& input) const;
  std::string program_;
};

}  // namespace n2c::registry
