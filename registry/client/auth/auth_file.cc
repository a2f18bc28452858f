#include "registry/client/auth/auth_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/file.h"
#include "base/file_lock.h"
#include "base/text.h"
#include "registry/client/auth/auth_text.h"
#include "registry/client/auth/base64.h"

namespace n2c::registry {

namespace {

constexpr std::uint64_t max_auth_file_bytes = 4 << 20;

/// How long the lock of another login is waited for.
constexpr std::chrono::seconds lock_patience{10};

/// What is wrong with a document that should be an auth file. Empty: nothing.
std::string fault_of(const go::Json& json) {
  const auto* members = json.as_object();
  if (members == nullptr) return "not a JSON object";
  for (const std::string_view name : {"auths", "credHelpers"}) {
    const go::Json* found = json.find(name);
    if (found == nullptr || found->is_null()) continue;
    if (found->as_object() == nullptr) return cat(name, ": not an object");
    if (std::ranges::count(*members, name, &go::Json::Member::first) > 1) {
      return cat(name, ": there twice");
    }
  }
  const go::Json* store = json.find("credsStore");
  const bool is_text = store == nullptr || store->is_null() || store->as_string() != nullptr;
  return is_text ? "" : "credsStore: not a string";
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

/// Folders for this user alone, whatever the umask: who may write to one may replace the file.
void make_folders(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return;
  if (folder.has_relative_path()) make_folders(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return;  // another login made it
  throw_errno(cat("mkdir ", folder.string()));
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

namespace {

/// Of no registry can be learnt anything by a file that cannot be read.
AuthFile or_lasting(Parsed<AuthFile> parsed, const std::filesystem::path& path) {
  if (parsed) return *std::move(parsed);
  throw Error(ErrorKind::input, cat(path.string(), ": ", parsed.error()),
              "it is docker's or podman's file of logins; mend it, or name another by --auth-file")
      .lasting();
}

}  // namespace

AuthFile AuthFile::load(const std::filesystem::path& path) {
  const auto text = read_if_there(path, max_auth_file_bytes);
  return or_lasting(parse(text.value_or(""), path), path);
}

AuthFile AuthFile::load_argument(const std::filesystem::path& path) {
  return or_lasting(parse(read_argument(path, max_auth_file_bytes), path), path);
}

Parsed<AuthFile> AuthFile::parse(std::string_view json, std::filesystem::path path) {
  AuthFile file(std::move(path));
  if (trim(json).empty()) return file;
  auto parsed = go::Json::parse(json);
  if (!parsed) return std::unexpected(parsed.error());
  if (std::string fault = fault_of(*parsed); !fault.empty()) return std::unexpected(fault);
  file.text_ = json;
  file.json_ = *std::move(parsed);
  return file;
}

bool AuthFile::update(const std::filesystem::path& path, const std::stop_token& stop,
                      const std::function<bool(AuthFile&)>& change) {
  const auto target = behind_links(path);
  if (target.has_parent_path()) make_folders(target.parent_path());
  const auto lock = FileLock::take(target.string() + ".lock", lock_patience, stop);
  if (!lock) {
    throw Error(ErrorKind::local,
                cat(path.string(), ": another program has held its lock for ten seconds"),
                cat("end that program, or remove ", target.string(), ".lock"));
  }
  const auto there = open_if_there(target);
  if (!there && target != path) {
    throw Error(ErrorKind::local,
                cat(path.string(), ": a link to ", target.string(), ", which is not there"));
  }
  AuthFile file = load(path);
  if (!change(file)) return false;
  AtomicFile replaced(target, 0600);
  if (there) replaced.take_rights_of(*there);
  replaced.write(bytes_of(file.text_));
  replaced.commit();
  return true;
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
      if (!entry.is_null() && entry.as_object() == nullptr) {
        throw Error(ErrorKind::input,
                    cat(path_.string(), ": auths: ", printable(key), ": not an object"));
      }
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

void AuthFile::set_text(std::string text) {
  text_ = std::move(text);
  json_ = or_throw(go::Json::parse(text_), ErrorKind::internal, path_.string());
}

void AuthFile::set_entry(std::string_view host, const go::Json& entry) {
  erase(host);
  set_text(with_auth(text_, auth_key(host), entry));
}

void AuthFile::set(std::string_view host, const Credentials& login) {
  go::Json entry{go::Json::Object{}};
  entry.set("auth", go::Json(base64_encode(login.username + ":" + login.password)));
  if (!login.identity_token.empty()) entry.set("identitytoken", go::Json(login.identity_token));
  set_entry(host, std::move(entry));
}

void AuthFile::set_empty(std::string_view host) { set_entry(host, go::Json(go::Json::Object{})); }

bool AuthFile::erase(std::string_view host) {
  const go::Json* auths = json_.find("auths");
  if (auths == nullptr || auths->as_object() == nullptr) return false;
  const std::string wanted = normal_auth_key(host);
  const auto is_wanted = [&](std::string_view key) { return normal_auth_key(key) == wanted; };
  const bool had = std::ranges::any_of(*auths->as_object(), is_wanted, &go::Json::Member::first);
  if (had) set_text(without_auths(text_, is_wanted));
  return had;
}

}  // namespace n2c::registry
