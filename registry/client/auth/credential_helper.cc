#include "registry/client/auth/credential_helper.h"

#include <algorithm>
#include <array>

#include "base/deadline.h"
#include "base/input_wait.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "registry/client/auth/auth_file.h"

namespace n2c::registry {

namespace {

/// The username of an identity token (docker-credential-helpers' convention).
constexpr std::string_view token_user = "<token>";

/// How the known helpers say that they have no login, in lower case: docker-credential-helpers
/// itself; the keychain of macOS; Windows; pass; the secret service; those of clouds.
constexpr std::array<std::string_view, 12> absences = {
    "credentials not found", "not be found in the keychain", "item not found",
    "element not found",     "not in the password store",    "no matching credential",
    "no credentials",        "could not find credentials",   "no such credential",
    "credential not found",  "no stored credential",         "no login",
};

/// What a helper that failed says about it. A login that it prints all the same stays untold.
std::string helper_words(const ProgramEnd& end) {
  const std::string_view said = trim(trim(end.messages).empty() ? end.output : end.messages);
  if (said.find("Secret") != std::string_view::npos) return "something that is not shown";
  return printable(said, 300);
}

bool says_absent(const ProgramEnd& end) {
  // A shell's "not found" is about a program.
  if (end.exit_code == 126 || end.exit_code == 127 || end.exit_code >= 128) return false;
  const std::string said = lower_ascii(cat(end.output, " ", end.messages));
  return std::ranges::any_of(absences, [&](auto words) { return said.find(words) != said.npos; });
}

Error failure_of(const std::string& program, const char* verb, const ProgramEnd& end) {
  const std::string words = helper_words(end);
  return {ErrorKind::local,
          cat(program, " ", verb, ": exit code ", end.exit_code, words.empty() ? "" : ": ", words)};
}

}  // namespace

CredentialHelper::CredentialHelper(const std::string& suffix, std::chrono::milliseconds patience)
    : program_("docker-credential-" + suffix), patience_(patience) {
  const bool plain =
      suffix.find_first_of("/\\") == std::string::npos && suffix.find('\0') == std::string::npos;
  if (plain) return;
  throw Error(
      ErrorKind::input,
      cat("docker-credential-", printable(suffix, 80), ": refused: a helper's name has no slash"),
      "it stands for docker-credential-NAME, which is looked for in $PATH");
}

bool CredentialHelper::is_installed() const { return find_program(program_).has_value(); }

ProgramEnd CredentialHelper::run(const char* verb, const std::string& input) const {
  if (!is_installed()) {
    throw Error(ErrorKind::local, cat(program_, " ", verb, ": no such program in $PATH"),
                "it is named by an auth file as the keeper of logins");
  }
  const Deadline limit(process_stop(), patience_);
  const MemorySource bytes(input);
  const auto reader = bytes.open();
  try {
    return run_program({.arguments = {program_, verb}, .input = reader.get()}, limit.token());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::cancelled || process_stop().stop_requested()) throw;
    throw Error(ErrorKind::local,
                cat(program_, " ", verb, ": no answer in ", brief_duration(patience_)),
                "does it wait for a password or a locked keychain?");
  }
}

void CredentialHelper::run_or_throw(const char* verb, const std::string& input) const {
  const ProgramEnd end = run(verb, input);
  if (end.exit_code != 0 && !says_absent(end)) throw failure_of(program_, verb, end);
  if (end.exit_code == 0 && !end.took_all_input) {
    throw Error(ErrorKind::local, cat(program_, " ", verb, ": it ended without reading its input"),
                "nothing was kept or forgotten there: is it a helper of docker's?");
  }
}

Parsed<Credentials> CredentialHelper::get(std::string_view host) const {
  const ProgramEnd end = run("get", auth_key(host));
  if (end.exit_code != 0 && says_absent(end)) return std::unexpected("says: " + helper_words(end));
  if (end.exit_code != 0) throw failure_of(program_, "get", end);
  if (trim(end.output).empty()) return std::unexpected("says nothing");
  const auto json = go::Json::parse(end.output);
  if (!json || json->as_object() == nullptr) {
    throw Error(ErrorKind::local, cat(program_, " get: its answer is not a login in JSON"));
  }
  const std::string user = json->text_at("Username");
  const std::string secret = json->text_at("Secret");
  if (user.empty() && secret.empty()) return std::unexpected("gives an empty login");
  if (user == token_user) return Credentials{.identity_token = secret, .source = program_};
  return Credentials{.username = user, .password = secret, .source = program_};
}

void CredentialHelper::store(std::string_view host, const Credentials& login) const {
  go::Json json{go::Json::Object{}};
  const bool token = !login.identity_token.empty();
  json.set("ServerURL", go::Json(auth_key(host)))
      .set("Username", go::Json(token ? std::string(token_user) : login.username))
      .set("Secret", go::Json(token ? login.identity_token : login.password));
  run_or_throw("store", json.compact());
}

void CredentialHelper::erase(std::string_view host) const { run_or_throw("erase", auth_key(host)); }

}  // namespace n2c::registry
