#include "registry/client/auth_file.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "registry/client/base64.h"

namespace n2c::registry {

namespace {

constexpr std::uint64_t max_auth_file_bytes = 4 << 20;

/// The object without a member, whose value was `name`.
go::Json without(const go::Json& object, const std::function<bool(const std::string&)>& drop) {
  go::Json::Object kept;
  if (const auto* members = object.as_object()) {
    std::ranges::copy_if(*members, std::back_inserter(kept),
                         [&](const go::Json::Member& member) { return !drop(member.first); });
  }
  return kept;
}

go::Json member_or_empty(const go::Json& json, std::string_view name) {
  const go::Json* found = json.find(name);
  return found != nullptr && found->as_object() != nullptr ? *found : go::Json(go::Json::Object{});
}

/// The login of one entry; nothing for an empty one (docker's, beside credsStore: skopeo#1749).
std::optional<Credentials> login_of(const go::Json& entry, const std::string& source) {
  Credentials login{.identity_token = entry.text_at("identitytoken"),
                    .registry_token = entry.text_at("registrytoken"),
                    .source = source};
  if (const std::string auth = entry.text_at("auth"); !auth.empty()) {
    std::string pair = or_throw(base64_decode(trim(auth)), ErrorKind::input, source + ": auth");
    // docker pads with zero bytes.
    while (pair.ends_with('\0')) pair.pop_back();
    const auto both = cut(pair, ':');
    if (!both) throw Error(ErrorKind::input, source + ": auth: not USER:PASS");
    login.username = both->first;
    login.password = both->second;
  } else {
    login.username = entry.text_at("username");
    login.password = entry.text_at("password");
  }
  const bool empty =
      login.username.empty() && login.identity_token.empty() && login.registry_token.empty();
  return empty ? std::nullopt : std::optional(login);
}

}  // namespace

std::string auth_key(std::string_view host) {
  const bool hub = normal_auth_key(host) == "docker.io";
  return hub ? "https://index.docker.io/v1/" : std::string(host);
}

std::string normal_auth_key(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  for (const std::string_view end : {"/", "/v1", "/v2"}) {
    if (key.ends_with(end)) key.remove_suffix(end.size());
  }
  if (key.ends_with("/v1") || key.ends_with("/v2")) key.remove_suffix(3);
  const bool hub = key == "index.docker.io" || key == "registry-1.docker.io";
  return hub ? "docker.io" : std::string(key);
}

AuthFile AuthFile::load(const std::filesystem::path& path, bool must_exist) {
  std::error_code ignored;
  if (!must_exist && !std::filesystem::exists(path, ignored)) return AuthFile(path);
  return or_throw(parse(read_file(path, max_auth_file_bytes), path), ErrorKind::input,
                  path.string());
}

Parsed<AuthFile> AuthFile::parse(std::string_view json, std::filesystem::path path) {
  AuthFile file(std::move(path));
  if (trim(json).empty()) return file;
  auto parsed = go::Json::parse(json);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->as_object() == nullptr) return std::unexpected("not a JSON object");
  file.json_ = *std::move(parsed);
  return file;
}

std::optional<Credentials> AuthFile::find(std::string_view host,
                                          std::string_view repository) const {
  const go::Json* auths = json_.find("auths");
  if (auths == nullptr || auths->as_object() == nullptr) return std::nullopt;
  std::string wanted = normal_auth_key(host);
  if (!repository.empty()) wanted += "/" + std::string(repository);
  while (true) {
    for (const auto& [key, entry] : *auths->as_object()) {
      if (normal_auth_key(key) != wanted) continue;
      if (auto login = login_of(entry, path_.string())) return login;
    }
    const std::size_t slash = wanted.rfind('/');
    if (slash == std::string::npos) return std::nullopt;
    wanted.resize(slash);
  }
}

std::string AuthFile::helper_for(std::string_view host) const {
  if (const go::Json* helpers = json_.find("credHelpers"); helpers && helpers->as_object()) {
    for (const auto& [key, helper] : *helpers->as_object()) {
      if (normal_auth_key(key) == normal_auth_key(host) && helper.as_string()) {
        return *helper.as_string();
      }
    }
  }
  return json_.text_at("credsStore");
}

void AuthFile::set_entry(std::string_view host, go::Json entry) {
  erase(host);
  go::Json auths = member_or_empty(json_, "auths");
  auths.set(auth_key(host), std::move(entry));
  json_ = without(json_, [](const std::string& name) { return name == "auths"; });
  json_.set("auths", std::move(auths));
}

void AuthFile::set(std::string_view host, const Credentials& login) {
  go::Json entry{go::Json::Object{}};
  entry.set("auth", go::Json(base64_encode(login.username + ":" + login.password)));
  if (!login.identity_token.empty()) entry.set("identitytoken", go::Json(login.identity_token));
  set_entry(host, std::move(entry));
}

void AuthFile::set_empty(std::string_view host) { set_entry(host, go::Json(go::Json::Object{})); }

bool AuthFile::erase(std::string_view host) {
  const go::Json auths = member_or_empty(json_, "auths");
  const std::string wanted = normal_auth_key(host);
  go::Json kept =
      without(auths, [&](const std::string& key) { return normal_auth_key(key) == wanted; });
  const bool had = kept.as_object()->size() != auths.as_object()->size();
  if (had) {
    json_ = without(json_, [](const std::string& name) { return name == "auths"; });
    json_.set("auths", std::move(kept));
  }
  return had;
}

void AuthFile::save() const {
  if (path_.has_parent_path()) {
    std::error_code failed;
    std::filesystem::create_directories(path_.parent_path(), failed);
    if (failed)
      throw Error(ErrorKind::local,
                  cat("mkdir ", path_.parent_path().string(), ": ", failed.message()));
  }
  write_file(path_, json_.indented() + "\n", 0600);
}

}  // namespace n2c::registry
