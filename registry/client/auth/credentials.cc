#include "registry/client/auth/credentials.h"

#include <unistd.h>

#include <cerrno>
#include <map>
#include <utility>

#include "base/file.h"
#include "base/locked.h"
#include "base/text.h"
#include "registry/client/auth/auth_file.h"
#include "registry/client/auth/credential_helper.h"

namespace n2c::registry {

namespace {

constexpr std::string_view environment_name = "$DOCKER_AUTH_CONFIG";

/// Each file is two places: its helper, then its `auths`.
class FileAuth final : public AuthProvider {
 public:
  explicit FileAuth(AuthPlaces places) : places_(std::move(places)) {}

  LoginSearch find(std::string_view host, std::string_view repository, std::size_t from) override {
    return state_.with([&](State& state) {
      if (!state.is_loaded) load(state);
      LoginSearch search{.next = from};
      if (from == 0 && !state.fault.empty()) search.gaps.push_back({.words = state.fault});
      while (!search.login && search.next < 2 * state.files.size()) {
        const AuthFile& file = state.files[search.next / 2];
        const bool is_helper = search.next++ % 2 == 0;
        if (is_helper) {
          ask_helper(state, file, host, search);
        } else {
          search.login = file.find(host, repository);
        }
      }
      return search;
    });
  }

 private:
  struct Answer {
    std::optional<Credentials> login;
    LoginGap gap;
  };
  struct State {
    bool is_loaded = false;
    std::vector<AuthFile> files;
    std::string fault;                                              // of $DOCKER_AUTH_CONFIG
    std::map<std::pair<std::string, std::string>, Answer> answers;  // by helper and host
  };

  void load(State& state) const {
    std::vector<AuthFile> files;
    std::string fault;
    if (!trim(places_.text).empty()) {
      auto parsed = AuthFile::parse(places_.text, environment_name);
      if (parsed) {
        files.push_back(*std::move(parsed));
      } else {
        fault = cat(environment_name, ": ", parsed.error());
      }
    }
    bool is_first = true;
    for (const auto& path : places_.files) {
      const bool is_argument =
          (places_.must_exist && is_first) || (places_.is_argument && is_there(path));
      files.push_back(is_argument ? AuthFile::load_argument(path) : AuthFile::load(path));
      is_first = false;
    }
    state.files = std::move(files);
    state.fault = std::move(fault);
    state.is_loaded = true;
  }

  static void ask_helper(State& state, const AuthFile& file, std::string_view host,
                         LoginSearch& search) {
    const std::string helper = file.helper_for(host);
    if (helper.empty()) return;
    const auto [place, is_new] = state.answers.try_emplace({helper, std::string(host)});
    Answer& answer = place->second;
    if (is_new) answer = ask(helper, file, host);
    search.login = answer.login;
    if (!answer.login) search.gaps.push_back(answer.gap);
  }

  static Answer ask(const std::string& helper, const AuthFile& file, std::string_view host) {
    const std::string named = cat(" (named in ", file.path().string(), ")");
    std::string missing;
    try {
      const CredentialHelper program(helper);
      if (!program.is_installed()) missing = program.program();
      auto login = program.get(host);
      if (login) return {.login = *std::move(login), .gap = {}};
      return {.login = {},
              .gap = LoginGap{.words = cat(program.program(), " ", login.error(), named),
                              .is_usual = true}};
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      return {.login = {},
              .gap = LoginGap{.words = error.message() + named, .missing_program = missing}};
    }
  }

  const AuthPlaces places_;
  Locked<State> state_;
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
  if (!auth_file.empty())
    return {.text = {}, .files = {auth_file}, .must_exist = true, .is_argument = true};
  AuthPlaces places{.text = environment("DOCKER_AUTH_CONFIG"), .files = {}};
  if (const std::string named = environment("REGISTRY_AUTH_FILE"); !named.empty()) {
    places.files = {named};
    places.is_argument = true;
    return places;
  }
  const std::filesystem::path home = environment("HOME");
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
