#include "registry/client/auth/credentials.h"

#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/locked.h"
#include "base/text.h"
#include "registry/client/auth/auth_file.h"
#include "registry/client/auth/credential_helper.h"

namespace n2c::registry {

namespace {

class FileAuth final : public AuthProvider {
 public:
  explicit FileAuth(AuthPlaces places) : places_(std::move(places)) {}

  std::optional<Credentials> find(std::string_view host, std::string_view repository) override {
    return files_.with([&](auto& files) -> std::optional<Credentials> {
      if (!files) files = load();
      for (const AuthFile& file : *files) {
        if (auto login = find_in(file, host, repository)) return login;
      }
      return std::nullopt;
    });
  }

 private:
  std::vector<AuthFile> load() const {
    std::vector<AuthFile> files;
    for (const auto& path : places_.files) {
      const bool is_argument =
          (places_.must_exist && files.empty()) || (places_.is_argument && is_there(path));
      files.push_back(is_argument ? AuthFile::load_argument(path) : AuthFile::load(path));
    }
    return files;
  }

  /// A helper that is named for the host comes first, then the file's own entry, then the helper
  /// for all hosts.
  static std::optional<Credentials> find_in(const AuthFile& file, std::string_view host,
                                            std::string_view repository) {
    const std::string helper = file.helper_for(host);
    if (!helper.empty()) {
      if (auto login = CredentialHelper(helper).get(host)) return login;
    }
    return file.find(host, repository);
  }

  const AuthPlaces places_;
  Locked<std::optional<std::vector<AuthFile>>> files_;
};

/// Without $XDG_RUNTIME_DIR this folder is a guess. It is left out when only root may enter it.
std::optional<std::filesystem::path> runtime_auth_file(const Environment& environment) {
  const std::string runtime = environment("XDG_RUNTIME_DIR");
  if (!runtime.empty()) return std::filesystem::path(runtime) / "containers" / "auth.json";
  const std::string folder = cat("/run/containers/", static_cast<unsigned>(::getuid()));
  if (::access(folder.c_str(), X_OK) != 0 && errno == EACCES) return std::nullopt;
  return std::filesystem::path(folder) / "auth.json";
}

}  // namespace

Parsed<Credentials> Credentials::parse_pair(std::string_view text, std::string source) {
  const auto both = cut(text, ':');
  if (!both || both->first.empty()) return std::unexpected("not USER:PASS");
  return Credentials{.username = std::string(both->first),
                     .password = std::string(both->second),
                     .source = std::move(source)};
}

AuthPlaces find_auth_places(const std::filesystem::path& auth_file,
                            const Environment& environment) {
  if (!auth_file.empty()) return {.files = {auth_file}, .must_exist = true, .is_argument = true};
  if (const std::string named = environment("REGISTRY_AUTH_FILE"); !named.empty()) {
    return {.files = {named}, .is_argument = true};
  }
  const std::filesystem::path home = environment("HOME");
  AuthPlaces places;
  if (auto file = runtime_auth_file(environment)) places.files.push_back(*std::move(file));
  const std::string config = environment("XDG_CONFIG_HOME");
  if (!config.empty() || !home.empty()) {
    const std::filesystem::path folder =
        config.empty() ? home / ".config" : std::filesystem::path(config);
    places.files.push_back(folder / "containers" / "auth.json");
  }
  if (const std::string docker = environment("DOCKER_CONFIG"); !docker.empty()) {
    places.files.push_back(std::filesystem::path(docker) / "config.json");
  } else if (!home.empty()) {
    places.files.push_back(home / ".docker" / "config.json");
  }
  return places;
}

std::unique_ptr<AuthProvider> make_file_auth(AuthPlaces places) {
  return std::make_unique<FileAuth>(std::move(places));
}

}  // namespace n2c::registry
