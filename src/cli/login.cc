#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/registry_options.h"
#include "console/console_progress.h"
#include "console/prompt.h"
#include "registry/client/auth/auth_file.h"
#include "registry/client/auth/credential_helper.h"
#include "remote/registries.h"

namespace n2c::cli {

namespace {

using registry::AuthFile;
using registry::CredentialHelper;
using registry::Credentials;

struct LoginArguments {
  std::string host, username;
  bool password_stdin = false;
  RegistryArguments registry;
};

Credentials credentials_from(const LoginArguments& arguments, const std::stop_token& stop) {
  if (!arguments.registry.creds.empty()) {
    const bool from_input = arguments.registry.creds == "-";
    const std::string pair =
        from_input ? read_line("line USER:PASS", stop) : arguments.registry.creds;
    return or_throw(Credentials::parse_pair(pair, "--creds"), ErrorKind::usage, "--creds");
  }
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  Credentials login{.username = arguments.username, .source = "what was typed"};
  if (login.username.empty()) {
    if (!terminal || arguments.password_stdin) {
      throw Error(ErrorKind::usage, "a login needs --username");
    }
    login.username = ask("Username", "username", stop);
  }
  if (terminal && !arguments.password_stdin) {
    login.password = ask_secret("Password", "password", stop);
  } else {
    login.password = read_line("password", stop);
  }
  if (login.password.empty()) throw Error(ErrorKind::usage, "the password is empty");
  return login;
}

/// The file that a login goes to: docker's, unless podman's is the only one that exists. A home
/// that is not there is not made for it.
std::filesystem::path file_to_write(const std::string& auth_file) {
  const auto places = registry::find_auth_places(auth_file, process_environment());
  if (places.files.empty()) {
    throw Error(ErrorKind::usage, "there is no place for a login", "set HOME or give --auth-file");
  }
  for (auto place = places.files.rbegin(); place != places.files.rend(); ++place) {
    if (is_there(*place)) return *place;
  }
  if (is_in_missing_home(places.files.back(), process_environment())) {
    throw Error(ErrorKind::local,
                cat("HOME names ", printable(process_environment()("HOME"), 300),
                    ", which is not there, and a login would be kept below it"),
                "set HOME to a folder that is there, or give --auth-file or DOCKER_CONFIG");
  }
  return places.files.back();
}

void warn_if_others_read(const std::filesystem::path& file) {
  using std::filesystem::perms;
  std::error_code ignored;
  const auto mode = std::filesystem::status(file, ignored).permissions();
  if (ignored || (mode & (perms::group_read | perms::others_read)) == perms::none) return;
  terminal::say(cat("n2c: ", printable(file.string(), 300),
                    " holds logins and can be read by other users: chmod 600 changes that"));
}

int run_login(const LoginArguments& arguments, bool debug, std::stop_token stop) {
  const auto path = file_to_write(arguments.registry.auth_file);
  const Credentials login = credentials_from(arguments, stop);
  ConsoleProgress progress(ProgressStyle::none, ConsoleProgress::Notes::hidden);
  RegistryArguments without_login = arguments.registry;
  without_login.creds.clear();
  RegistryOptions options = make_registry_options(without_login, progress, debug);
  options.credentials = login;
  options.credentials_host = arguments.host;
  Registries registries(std::move(options));
  with_context(cat("logging in to ", arguments.host),
               [&] { registries.check_login(arguments.host, stop); });
  const std::string helper = AuthFile::load(path).helper_for(arguments.host);
  if (!helper.empty()) CredentialHelper(helper).store(arguments.host, login);
  AuthFile::update(path, stop, [&](AuthFile& file) {
    helper.empty() ? file.set(arguments.host, login) : file.set_empty(arguments.host);
    return true;
  });
  if (helper.empty()) {
    warn_if_others_read(path);
    terminal::say(cat("logged in to ", arguments.host, "; kept in ", path.string()));
    return 0;
  }
  terminal::say(cat("logged in to ", arguments.host, "; kept by docker-credential-", helper));
  return 0;
}

int run_logout(const LoginArguments& arguments, const std::stop_token& stop) {
  const auto places =
      registry::find_auth_places(arguments.registry.auth_file, process_environment());
  bool had = false;
  for (const auto& path : places.files) {
    AuthFile file = AuthFile::load(path);
    const std::string helper = file.helper_for(arguments.host);
    if (!helper.empty() && CredentialHelper(helper).get(arguments.host)) {
      CredentialHelper(helper).erase(arguments.host);
      had = true;
    }
    const auto forget = [&](AuthFile& now) { return now.erase(arguments.host); };
    if (forget(file) && AuthFile::update(path, stop, forget)) had = true;
  }
  terminal::say(cat(had ? "logged out of " : "there was no login for ", arguments.host));
  return 0;
}

std::string host_of(const std::string& text) {
  std::string host = registry::normal_auth_key(text);
  const bool has_path = host.find('/') != std::string::npos;
  if (has_path || !oci::Reference::parse(host + "/x") ||
      oci::Reference::parse(host + "/x")->repository.host != host) {
    throw Error(ErrorKind::usage, cat("\"", printable(text), "\" is not a registry host"),
                "such as ghcr.io, docker.io or registry.example:5000");
  }
  return host;
}

}  // namespace

void add_login_commands(CLI::App& app, Invocation& chosen) {
  auto login = std::make_shared<LoginArguments>();
  CLI::App* command = app.add_subcommand("login", "Check a login and keep it where docker does");
  command->add_option("HOST", login->host, "the registry")->default_val("docker.io");
  command->add_option("-u,--username", login->username,
                      "the user name (default: n2c asks on the terminal)");
  command->add_flag("--password-stdin", login->password_stdin,
                    "read the password from standard input");
  add_registry_options(*command, login->registry);
  command->callback([login, &chosen] {
    chosen.action = [login, &chosen](std::stop_token stop) {
      login->host = host_of(login->host);
      return run_login(*login, chosen.debug, std::move(stop));
    };
  });

  auto logout = std::make_shared<LoginArguments>();
  command = app.add_subcommand("logout", "Forget a login");
  command->add_option("HOST", logout->host, "the registry")->default_val("docker.io");
  command->add_option("--auth-file,--authfile", logout->registry.auth_file,
                      "remove the login from this file and no other");
  command->callback([logout, &chosen] {
    chosen.action = [logout](std::stop_token stop) {
      logout->host = host_of(logout->host);
      return run_logout(*logout, stop);
    };
  });
}

}  // namespace n2c::cli
