#pragma once
/// docker's config.json and podman's auth.json: one format, read and written.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "go/encoding_json.h"
#include "registry/client/credentials.h"

namespace n2c::registry {

/// One file's logins. What n2c does not know of is kept when the file is written again.
class AuthFile {
 public:
  /// An absent file is an empty one, unless `must_exist`. Throws Error{input} for broken JSON.
  static AuthFile load(const std::filesystem::path& path, bool must_exist = false);
  static Parsed<AuthFile> parse(std::string_view json, std::filesystem::path path);

  /// The entry of `auths` that fits best: "host/some/repository", then its parents, then the
  /// host (containers-auth.json(5)); older keys with https:// and /v1/ too. Throws Error{input}
  /// for an entry that is not base64 of USER:PASS.
  std::optional<Credentials> find(std::string_view host, std::string_view repository) const;
  /// The helper for a host: credHelpers, then credsStore; "" when there is none.
  std::string helper_for(std::string_view host) const;

  void set(std::string_view host, const Credentials& login);
  /// An entry without a login, as docker leaves it beside a helper.
  void set_empty(std::string_view host);
  /// Whether there was one.
  bool erase(std::string_view host);
  /// Mode 0600, atomically; the folder is made when missing.
  void save() const;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit AuthFile(std::filesystem::path path) : path_(std::move(path)) {}
  void set_entry(std::string_view host, go::Json entry);

  std::filesystem::path path_;
  go::Json json_{go::Json::Object{}};
};

/// The key under which a host's login is written: docker.io is https://index.docker.io/v1/.
std::string auth_key(std::string_view host);
/// A key of `auths` without scheme and /v1/, with docker.io for all of Docker Hub's hosts.
std::string normal_auth_key(std::string_view key);

}  // namespace n2c::registry
