#include "statement/package_info.h"

#include <algorithm>

#include "base/text.h"
#include "go/encoding_json.h"
#include "statement/nix_hash.h"

namespace n2c {

namespace {

using go::Json;

go::Decoded decode_word(const Json& json, std::string& into) { return go::decode(json, into); }

go::Decoded decode_license(const Json& json, License& license) {
  return go::decode_object(
      json, "a license",
      {{"spdxId", [&](const Json& v) { return go::decode(v, license.spdx_id); }},
       {"fullName", [&](const Json& v) { return go::decode(v, license.full_name); }}});
}

struct NamedInfo {
  std::string path;
  PackageInfo info;
};

go::Decoded decode_package(const Json& json, NamedInfo& named) {
  PackageInfo& info = named.info;
  const auto text = [](std::string& into) {
    return [&into](const Json& v) { return go::decode(v, into); };
  };
  const auto words = [](std::vector<std::string>& into) {
    return [&into](const Json& v) { return go::decode_list<std::string>(v, into, decode_word); };
  };
  return go::decode_object(
      json, "a package",
      {{"path", text(named.path)},
       {"pname", text(info.name)},
       {"version", text(info.version)},
       {"output", text(info.output)},
       {"description", text(info.description)},
       {"homepage", text(info.homepage)},
       {"cpe", text(info.cpe)},
       {"deriver", text(info.deriver)},
       {"licenses",
        [&](const Json& v) { return go::decode_list<License>(v, info.licenses, decode_license); }},
       {"patches", words(info.patches)},
       {"fixedVulnerabilities", words(info.fixed)}});
}

/// "CVE-2023-4911" in the name of a patch, whatever is around it.
std::string vulnerability_in(std::string_view patch) {
  const auto at = patch.find("CVE-");
  if (at == std::string_view::npos) return "";
  const auto end = std::min(patch.find_first_not_of("0123456789-", at + 4), patch.size());
  std::string_view found = patch.substr(at, end - at);
  while (found.ends_with('-')) found.remove_suffix(1);
  const auto parts = split(found, '-');
  const bool is_whole = parts.size() >= 3 && parts[1].size() == 4 && parts[2].size() >= 4;
  return is_whole ? cat("CVE-", parts[1], "-", parts[2]) : "";
}

void note_fixed(PackageInfo& info) {
  for (const std::string& patch : info.patches) {
    const std::string fixed = vulnerability_in(patch);
    if (!fixed.empty()) info.fixed.push_back(fixed);
  }
  std::ranges::sort(info.fixed);
  const auto repeated = std::ranges::unique(info.fixed);
  info.fixed.erase(repeated.begin(), repeated.end());
}

go::Decoded decode_nar_hash(const Json& json, std::optional<oci::Digest>& into) {
  std::string text;
  if (auto wrong = go::decode(json, text)) return wrong;
  if (text.empty()) return {};
  auto digest = parse_nix_hash(text);
  if (!digest) return go::DecodeError(digest.error());
  into = *std::move(digest);
  return {};
}

go::Decoded decode_nar_size(const Json& json, std::optional<std::uint64_t>& into) {
  std::int64_t size = -1;
  if (auto wrong = go::decode(json, size)) return wrong;
  if (size >= 0) into = static_cast<std::uint64_t>(size);
  return {};
}

struct NamedFacts {
  std::string path;
  PathFacts facts;
};

go::Decoded decode_facts(const Json& json, NamedFacts& named) {
  return go::decode_object(
      json, "a closure graph entry",
      {{"path", [&](const Json& v) { return go::decode(v, named.path); }},
       {"narHash", [&](const Json& v) { return decode_nar_hash(v, named.facts.nar_hash); }},
       {"narSize", [&](const Json& v) { return decode_nar_size(v, named.facts.nar_size); }},
       {"deriver", [&](const Json& v) { return go::decode(v, named.facts.deriver); }},
       {"references", [&](const Json& v) {
          return go::decode_list<std::string>(v, named.facts.references, decode_word);
        }}});
}

go::Decoded decode_by_path(const Json::Object& members, std::vector<NamedFacts>& into) {
  for (const auto& [path, entry] : members) {
    if (entry.is_null()) continue;
    NamedFacts& named = into.emplace_back();
    if (auto wrong = decode_facts(entry, named)) return wrong->below(path);
    named.path = path;
  }
  return {};
}

}  // namespace

Parsed<PackageInfos> parse_package_info(std::string_view text) {
  const auto json = Json::parse(text);
  if (!json) return std::unexpected(json.error());
  std::int64_t version = 1;
  std::vector<NamedInfo> packages;
  const auto wrong = go::decode_object(
      *json, "package information",
      {{"version", [&](const Json& v) { return go::decode(v, version); }},
       {"packages",
        [&](const Json& v) { return go::decode_list<NamedInfo>(v, packages, decode_package); }}});
  if (wrong) return std::unexpected(wrong->str());
  if (json->find("packages") == nullptr) return std::unexpected("it names no packages");
  if (version != 1) return std::unexpected(cat("version ", version, " is not known"));
  PackageInfos infos;
  for (NamedInfo& named : packages) {
    note_fixed(named.info);
    infos.insert_or_assign(std::move(named.path), std::move(named.info));
  }
  return infos;
}

Parsed<ClosureFacts> parse_closure_facts(std::string_view text) {
  const auto json = Json::parse_as_go(text);
  if (!json) return std::unexpected(json.error());
  std::vector<NamedFacts> entries;
  const auto wrong = json->as_object() != nullptr
                         ? decode_by_path(*json->as_object(), entries)
                         : go::decode_list<NamedFacts>(*json, entries, decode_facts);
  if (wrong) return std::unexpected(wrong->str());
  ClosureFacts facts;
  for (NamedFacts& named : entries) {
    facts.insert_or_assign(std::move(named.path), std::move(named.facts));
  }
  return facts;
}

}  // namespace n2c
