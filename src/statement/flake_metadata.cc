#include "statement/flake_metadata.h"

#include <algorithm>

#include "base/text.h"
#include "go/encoding_json.h"
#include "statement/nix_hash.h"

namespace n2c {

namespace {

using go::Json;

/// A reference as a lock file has it (Nix manual, "nix flake", "Lock files").
struct LockedFlake {
  std::string type, owner, repo, url, path, host, folder, id, revision, nar_hash;
};

go::Decoded decode_locked(const Json& json, LockedFlake& locked) {
  const auto text = [](std::string& into) {
    return [&into](const Json& v) { return go::decode(v, into); };
  };
  return go::decode_object(json, "a locked flake",
                           {{"type", text(locked.type)},
                            {"owner", text(locked.owner)},
                            {"repo", text(locked.repo)},
                            {"url", text(locked.url)},
                            {"path", text(locked.path)},
                            {"host", text(locked.host)},
                            {"dir", text(locked.folder)},
                            {"id", text(locked.id)},
                            {"rev", text(locked.revision)},
                            {"narHash", text(locked.nar_hash)}});
}

/// What stands before the host in a web page's address may be a token, and so may a password
/// anywhere.
std::string without_login(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const auto begin = scheme + 3;
  const auto host_end = std::min(url.find_first_of("/?#", begin), url.size());
  const auto at = url.substr(begin, host_end - begin).rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  const std::string_view login = url.substr(begin, at);
  if (!login.contains(':') && !url.substr(0, scheme).contains("http")) return std::string(url);
  return cat(url.substr(0, begin), url.substr(begin + at + 1));
}

std::string joined_query(const std::vector<std::pair<std::string_view, std::string>>& pairs) {
  std::string query;
  for (const auto& [key, value] : pairs) {
    if (!value.empty()) query += cat(query.empty() ? "?" : "&", key, "=", value);
  }
  return query;
}

bool is_forge(std::string_view type) {
  return type == "github" || type == "gitlab" || type == "sourcehut";
}

/// As a flake's URL is written (Nix manual, "nix flake", "Types"). "" for what has none.
std::string url_of(const LockedFlake& locked) {
  if (is_forge(locked.type)) {
    return cat(locked.type, ":", locked.owner, "/", locked.repo,
               locked.revision.empty() ? "" : cat("/", locked.revision),
               joined_query({{"host", locked.host}, {"dir", locked.folder}}));
  }
  if (locked.type == "git" || locked.type == "hg") {
    return cat(locked.type, "+", without_login(locked.url),
               joined_query({{"rev", locked.revision}, {"dir", locked.folder}}));
  }
  if (locked.type == "file") return cat("file+", without_login(locked.url));
  if (locked.type == "path") return cat("path:", locked.path);
  if (locked.type == "indirect") return cat("flake:", locked.id);
  return without_login(locked.url);
}

bool is_commit(std::string_view revision) {
  constexpr std::string_view digits = "0123456789abcdef";
  const bool is_long = revision.size() == 40 || revision.size() == 64;
  return is_long && revision.find_first_not_of(digits) == std::string_view::npos;
}

/// Throws nothing; the error says what is wrong with the hash.
go::Decoded fill_source(const LockedFlake& locked, FlakeSource& source) {
  if (source.url.empty()) source.url = url_of(locked);
  if (source.revision.empty()) source.revision = locked.revision;
  if (!is_commit(source.revision)) source.revision.clear();
  source.is_git = locked.type != "hg" && locked.type != "sourcehut";
  source.nar_hash = locked.nar_hash;
  if (source.nar_hash.empty()) return {};
  const auto hash = parse_nix_hash(source.nar_hash);
  if (!hash) return go::DecodeError("narHash", hash.error());
  return {};
}

go::Decoded decode_locked_into(const Json& json, FlakeSource& source) {
  LockedFlake locked;
  if (auto wrong = decode_locked(json, locked)) return wrong;
  return fill_source(locked, source);
}

/// The nodes of a lock file: each is an input, but for the root.
go::Decoded decode_locks(const Json& json, std::vector<FlakeSource>& inputs) {
  const Json* nodes = json.find("nodes");
  if (nodes == nullptr) return {};
  if (nodes->as_object() == nullptr)
    return go::cannot_unmarshal(*nodes, "the nodes of a lock file");
  for (const auto& [name, node] : *nodes->as_object()) {
    const Json* locked = node.find("locked");
    if (locked == nullptr) continue;
    FlakeSource& input = inputs.emplace_back(FlakeSource{.name = name});
    if (auto wrong = decode_locked_into(*locked, input)) return wrong->below(name);
  }
  std::ranges::sort(inputs, {}, &FlakeSource::name);
  return {};
}

}  // namespace

Parsed<FlakeMetadata> parse_flake_metadata(std::string_view text) {
  const auto json = Json::parse(text);
  if (!json) return std::unexpected(json.error());
  FlakeMetadata made;
  std::string url;
  LockedFlake locked;
  const auto wrong = go::decode_object(
      *json, "a flake's metadata",
      {{"url", [&](const Json& v) { return go::decode(v, url); }},
       {"revision", [&](const Json& v) { return go::decode(v, made.self.revision); }},
       {"locked", [&](const Json& v) { return decode_locked(v, locked); }},
       {"locks", [&](const Json& v) { return decode_locks(v, made.inputs); }}});
  if (wrong) return std::unexpected(wrong->str());
  made.self.url = without_login(url);
  if (const auto bad = fill_source(locked, made.self)) return std::unexpected(bad->str());
  if (made.self.url.empty() && made.self.revision.empty() && made.self.nar_hash.empty()) {
    return std::unexpected("it names no url, revision or locked: nix flake metadata --json does");
  }
  return made;
}

}  // namespace n2c
