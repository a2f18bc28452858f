#pragma once
/// Logins for registries: where they come from, and their form. See registry/README.md, "Logging
/// in".

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  bool operator==(const Credentials&) const = default;
};

/// A place that should have had a login and gave none.
struct LoginGap {
  std::string words{};            ///< "docker-credential-x, which FILE names: …", fit for people
  std::string missing_program{};  ///< the helper that is not installed; empty: it is another gap
  bool is_usual = false;  ///< a helper that knows no login for this host: nothing to speak of
};

/// A step through the places where logins are looked for.
struct LoginSearch {
  std::optional<Credentials> login{};  ///< nothing: there is none further on
  std::size_t next = 0;                ///< where to go on when this login is refused
  std::vector<LoginGap> gaps{};        ///< met on the way
};

/// Knows logins. find() may be called from several threads.
class AuthProvider {
 public:
  virtual ~AuthProvider() = default;
  /// The next login for a repository of that host, from place `from` on (0: the first). The host
  /// is written as in a reference ("docker.io", "ghcr.io:5000"). `repository` is empty when the
  /// whole host is meant. A helper program that fails is a gap. Throws Error{input} for a broken
  /// file.
  virtual LoginSearch find(std::string_view host, std::string_view repository,
                           std::size_t from) = 0;
};

/// The same login for every host; without one, always anonymous.
class FixedAuth final : public AuthProvider {
 public:
  explicit FixedAuth(std::optional<Credentials> credentials)
      : credentials_(std::move(credentials)) {}
  LoginSearch find(std::string_view, std::string_view, std::size_t from) override {
    if (from > 0) return {.next = from};
    return {.login = credentials_, .next = 1};
  }

 private:
  std::optional<Credentials> credentials_;
};

/// The login of --creds or --registry-token. It is for the one host that the command line names
/// (empty: for any host). Other hosts have their own logins.
class NamedAuth final : public AuthProvider {
 public:
  NamedAuth(Credentials credentials, std::string host, std::unique_ptr<AuthProvider> others)
      : login_(std::move(credentials)), host_(std::move(host)), others_(std::move(others)) {}
  LoginSearch find(std::string_view host, std::string_view repository, std::size_t from) override {
    if (host_.empty() || host == host_) return login_.find(host, repository, from);
    return others_->find(host, repository, from);
  }

 private:
  FixedAuth login_;
  std::string host_;
  std::unique_ptr<AuthProvider> others_;
};

/// Where logins are looked for, in order. An explicit file is the only one looked at.
struct AuthPlaces {
  std::string text;  ///< $DOCKER_AUTH_CONFIG: an auth file's JSON. Looked at before the files
  std::vector<std::filesystem::path> files;  ///< auth.json and config.json
  bool must_exist = false;                   ///< the first file was named by an option
  bool is_argument = false;                  ///< or by a variable: it may be a pipe
};

/// Where logins are looked for. `auth_file` (--auth-file) alone when it is given. Else first
/// $DOCKER_AUTH_CONFIG, as docker and GitLab's runner do, and then $REGISTRY_AUTH_FILE alone or, in
/// this order: $XDG_RUNTIME_DIR/containers/auth.json (or below /run/user/UID or
/// /run/containers/UID), $XDG_CONFIG_HOME/containers/auth.json, and $DOCKER_CONFIG/config.json or
/// ~/.docker/config.json.
AuthPlaces find_auth_places(const std::filesystem::path& auth_file, const Environment& environment);

/// Logins from docker's and podman's files, and from the helper programs that they name
/// (docker-credential-*). Each file is read when it is first needed, and each helper is asked once
/// for a host. In a file the helper comes first, then `auths`.
std::unique_ptr<AuthProvider> make_file_auth(AuthPlaces places);

}  // namespace n2c::registry
