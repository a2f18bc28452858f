#pragma once
/// docker's config.json and podman's auth.json: one format, read and written.

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "go/encoding_json.h"
#include "registry/client/auth/credentials.h"

namespace n2c::registry {

/// One file's logins. When a login is changed, every other byte of the file stays as it is.
class AuthFile {
 public:
  /// Reads a file. An absent one (ENOENT, no other error) counts as empty. Throws an Error that
  /// names the file when it cannot be reached or read, is not a regular file, not JSON, or not an
  /// auth file (`auths` is not an object, or is there twice).
  static AuthFile load(const std::filesystem::path& path);
  /// The same for a file that the user named. It has to be there, and may be a pipe.
  static AuthFile load_argument(const std::filesystem::path& path);
  /// Parses a file's text. An empty text, or `auths` that is null, has no logins.
  static Parsed<AuthFile> parse(std::string_view json, std::filesystem::path path);

  /// Reads the file, has `change` change it, and replaces it in one step, under the lock FILE.lock
  /// beside it. Owner, group and mode stay. A link stays, and what it leads to is replaced. A new
  /// file is mode 0600; its folder is made when missing. When `change` returns false, nothing is
  /// written and false is returned. Throws as load() does, and Error{local} when the lock is held
  /// for ten seconds, the link leads nowhere, or owner and group cannot be kept. Then the file is
  /// as it was.
  static bool update(const std::filesystem::path& path, const std::stop_token& stop,
                     const std::function<bool(AuthFile&)>& change);

  /// The entry of `auths` that fits best: "host/some/repository", then its parents, then the
  /// host (containers-auth.json(5)); older keys with https:// and /v1/ too. Throws Error{input}
  /// for an entry that is not base64 of USER:PASS.
  std::optional<Credentials> find(std::string_view host, std::string_view repository) const;
  /// The helper for a host: credHelpers, then credsStore; "" when there is none.
  std::string helper_for(std::string_view host) const;

  void set(std::string_view host, const Credentials& login);
  /// Adds an entry without a login, as docker leaves it beside a helper.
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
/// A key of `auths` without scheme and /v1/. All of Docker Hub's hosts become docker.io.
std::string normal_auth_key(std::string_view key);

}  // namespace n2c::registry
