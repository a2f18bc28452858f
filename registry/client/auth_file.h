#pragma once
/// docker's config.json and podman's auth.json: one format, read and written.

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "go/encoding_json.h"
#include "registry/client/credentials.h"

namespace n2c::registry {

/// One file's logins. All that is not the login at hand stays as it is written when the file is
/// changed, byte for byte.
class AuthFile {
 public:
  /// An absent file (ENOENT, nothing else) is an empty one. Throws Error that names the file: it
  /// cannot be reached or read, is no regular file, no JSON, or no auth file (`auths` no object, or
  /// there twice).
  static AuthFile load(const std::filesystem::path& path);
  /// The same of a file that the user named: it has to be there, and may be a pipe.
  static AuthFile load_argument(const std::filesystem::path& path);
  /// An empty text is a file without logins, as is `auths` that is null.
  static Parsed<AuthFile> parse(std::string_view json, std::filesystem::path path);

  /// Reads the file, has `change` change it, and replaces it in one step, under the lock FILE.lock
  /// beside it. Owner, group and mode stay; a link stays and what it leads to is replaced. A new
  /// file is mode 0600, its folder is made when missing. Nothing is written when `change` returns
  /// false, which is returned. Throws as load() does, and Error{local} when the lock is held for
  /// ten seconds, the link leads nowhere, or owner and group cannot be kept; the file is then as it
  /// was.
  static bool update(const std::filesystem::path& path, const std::stop_token& stop,
                     const std::function<bool(AuthFile&)>& change);

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
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit AuthFile(std::filesystem::path path) : path_(std::move(path)) {}
  void set_entry(std::string_view host, const go::Json& entry);
  void set_text(std::string text);

  std::filesystem::path path_;
  std::string text_;
  go::Json json_{go::Json::Object{}};  ///< what text_ says
};

/// The key under which a host's login is written: docker.io is https://index.docker.io/v1/.
std::string auth_key(std::string_view host);
/// A key of `auths` without scheme and /v1/, with docker.io for all of Docker Hub's hosts.
std::string normal_auth_key(std::string_view key);

}  // namespace n2c::registry
