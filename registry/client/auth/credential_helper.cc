#include "registry/client/auth/credential_helper.h"

#include "base/process.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "registry/client/auth/auth_file.h"

namespace n2c::registry {

namespace {

/// The username of an identity token (docker-credential-helpers' convention).
constexpr std::string_view token_user = "<token>";
constexpr std::string_view not_found = "credentials not found";

}  // namespace

std::string CredentialHelper::run(const char* verb, const std::string& input) const {
  if (!find_program(program_)) {
    throw Error(ErrorKind::local, cat(program_, ": no such program in $PATH"),
                "it is named by an auth file as the keeper of logins");
  }
  const MemorySource bytes(input);
  const auto reader = bytes.open();
  const ProgramEnd end = run_program({.arguments = {program_, verb}, .input = reader.get()}, {});
  if (end.exit_code == 0) return end.output;
  if (trim(end.output).starts_with(not_found) || trim(end.messages).starts_with(not_found)) {
    return {};
  }
  throw Error(ErrorKind::local, cat(program_, " ", verb, ": exit code ", end.exit_code));
}

std::optional<Credentials> CredentialHelper::get(std::string_view host) const {
  const std::string output = run("get", auth_key(host));
  if (trim(output).empty()) return std::nullopt;
  const auto json = go::Json::parse(output);
  if (!json) throw Error(ErrorKind::local, cat(program_, " get: its answer is no JSON"));
  const std::string user = json->text_at("Username");
  const std::string secret = json->text_at("Secret");
  if (user.empty() && secret.empty()) return std::nullopt;
  if (user == token_user) return Credentials{.identity_token = secret, .source = program_};
  return Credentials{.username = user, .password = secret, .source = program_};
}

void CredentialHelper::store(std::string_view host, const Credentials& login) const {
  go::Json json{go::Json::Object{}};
  const bool token = !login.identity_token.empty();
  json.set("ServerURL", go::Json(auth_key(host)))
      .set("Username", go::Json(token ? std::string(token_user) : login.username))
      .set("Secret", go::Json(token ? login.identity_token : login.password));
  run("store", json.compact());
}

void CredentialHelper::erase(std::string_view host) const { run("erase", auth_key(host)); }

}  // namespace n2c::registry
