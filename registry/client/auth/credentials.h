#pragma once
/// Logins for registries: where they come from, and their form. See registry/README.md, "Logging
/// in".

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/error.h"

namespace n2c::registry {

/// One login. Never printed: only `source` may appear in messages.
struct Credentials {
  std::string username{}, password{};
  std::string identity_token{};  ///< OAuth2 refresh token, in place of a password
  std::string registry_token{};  ///< a bearer token, used as it is
  std::string source{};          ///< where it was found: "/root/.docker/config.json", "--creds"

  /// "USER:PASS".
  static Parsed<Credentials> parse_pair(std::string_view text, std::string source);
};

/// Knows logins. find() may be called from several threads.
class AuthProvider {
 public:
  virtual ~AuthProvider() = default;
  /// The login for a repository of that host, which is written as in a reference ("docker.io",
  /// "ghcr.io:5000"). Nothing when there is none, and requests are anonymous. `repository` is empty
  /// when the whole host is meant. Throws Error{input} for a broken file, Error{local} when a
  /// helper program fails.
  virtual std::optional<Credentials> find(std::string_view host, std::string_view repository) = 0;
};

/// The same login for every host; without one, always anonymous.
class FixedAuth final : public AuthProvider {
 public:
  explicit FixedAuth(std::optional<Credentials> credentials)
      : credentials_(std::move(credentials)) {}
  std::optional<Credentials> find(std::string_view, std::string_view) override {
    return credentials_;
  }

 private:
  std::optional<Credentials> credentials_;
};

/// The login of --creds or --registry-token. It is for the one host that the command line names
/// (empty: for any host). Other hosts have their own logins.
class NamedAuth final : public AuthProvider {
 public:
  NamedAuth(Credentials credentials, std::string host, std::unique_ptr<AuthProvider> others)
      : credentials_(std::move(credentials)), host_(std::move(host)), others_(std::move(others)) {}
  std::optional<Credentials> find(std::string_view host, std::string_view repository) override {
    if (host_.empty() || host == host_) return credentials_;
    return others_->find(host, repository);
  }

 private:
  Credentials credentials_;
  std::string host_;
  std::unique_ptr<AuthProvider> others_;
};

/// Where logins are looked for, in order. An explicit file is the only one looked at.
struct AuthPlaces {
  std::vector<std::filesystem::path> files;  ///< auth.json and config.json
  bool must_exist = false;                   ///< the first file was named by an option
  bool is_argument = false;                  ///< or by a variable: it may be a pipe
};

/// Where logins are looked for. `auth_file` (--auth-file) alone when it is given, else
/// $REGISTRY_AUTH_FILE alone. Else, in this order: $XDG_RUNTIME_DIR/containers/auth.json (or below
/// /run/user/UID or /run/containers/UID), $XDG_CONFIG_HOME/containers/auth.json, and
/// $DOCKER_CONFIG/config.json or ~/.docker/config.json.
AuthPlaces find_auth_places(const std::filesystem::path& auth_file, const Environment& environment);

/// Logins from docker's and podman's files, and from the helper programs that they name
/// (docker-credential-*). Each file is read when it is first needed.
std::unique_ptr<AuthProvider> make_file_auth(AuthPlaces places);

}  // namespace n2c::registry
