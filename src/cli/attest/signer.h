#pragma once
/// The program that signs what was pushed, before any tag names it.

#include <exception>
#include <optional>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "registry/client/client.h"
#include "transfer/progress.h"

namespace n2c::cli {

/// The signer's failure. The exit code of a push is then of its own.
class SignerFailed final : public std::exception {
 public:
  static constexpr int exit_code = 9;
  explicit SignerFailed(const Error& error) { error_.emplace(error); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

struct Signer {
  std::string command;  ///< for the shell
  int seconds = 300;    ///< it may take
};

/// Runs it in a session of its own, with the manifest's descriptor (JSON) on standard input and
/// N2C_REFERENCE=REPO@DIGEST in its environment. What it says on standard error is shown as it
/// comes. What it writes on standard output is shown, or, where it is a tar, taken for an OCI
/// layout whose artifacts are attached. When it has ended, was stopped or took too long, nothing
/// that it started is left in that session's group. Throws SignerFailed when it fails, takes too
/// long, or answers something else, and Error where attaching fails. No error shows the command,
/// which may have a secret in it, but only the program's name.
void sign(const Signer& signer, registry::RegistryClient& client, const oci::Descriptor& manifest,
          Progress& progress, const std::stop_token& stop);

}  // namespace n2c::cli
