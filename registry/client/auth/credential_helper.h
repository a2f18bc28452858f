#pragma once
/// The programs that keep logins for docker and podman (docker-credential-helpers, "Development").
/// They are called as docker-credential-NAME get|store|erase, with texts and JSON over standard
/// input and output.

#include <chrono>
#include <string>
#include <string_view>

#include "base/process.h"
#include "registry/client/auth/credentials.h"

namespace n2c::registry {

/// How long a helper may take. A keychain may ask its user something.
inline constexpr std::chrono::seconds helper_patience{30};

class CredentialHelper {
 public:
  /// `suffix` is as auth files have it: "pass" stands for docker-credential-pass. Throws
  /// Error{input} for one with a slash in it, which would be another program.
  explicit CredentialHelper(const std::string& suffix,
                            std::chrono::milliseconds patience = helper_patience);

  // Each throws Error{local} when there is no such program, or when it fails or takes longer than
  // its patience; store() and erase() also when it did not take what it was told. The message
  // quotes what a failed helper says, and never what one says that succeeded.

  /// The login, or how the helper says that it has none for that host.
  Parsed<Credentials> get(std::string_view host) const;
  void store(std::string_view host, const Credentials& login) const;
  void erase(std::string_view host) const;
  /// Whether there is such a program.
  bool is_installed() const;
  const std::string& program() const { return program_; }

 private:
  ProgramEnd run(const char* verb, const std::string& input) const;
  void run_or_throw(const char* verb, const std::string& input) const;

  std::string program_;
  std::chrono::milliseconds patience_;
};

}  // namespace n2c::registry
