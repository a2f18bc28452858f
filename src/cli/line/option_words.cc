#include "cli/line/option_words.h"

#include <algorithm>

namespace n2c::cli {

namespace {

struct OptionRow {
  std::string_view name;
  OptionWords words;
};

namespace group {
constexpr std::string_view what = option_groups[0], where = option_groups[1],
                           compression = option_groups[2], login = option_groups[3],
                           tls = option_groups[4], limits = option_groups[5],
                           output = option_groups[6];
}  // namespace group

/// By name. What is not here is "What", and its value is called VALUE.
constexpr std::array option_rows = std::to_array<OptionRow>({
    {"allow-host", {group::where, "NAME"}},
    {"allow-http-redirect", {group::tls, ""}},
    {"annotation", {group::what, "KEY=VALUE"}},
    {"arch", {group::what, "ARCHITECTURE"}},
    {"attach", {group::what, "FILE:TYPE"}},
    {"auth-file", {group::login, "FILE", true}},
    {"builder", {group::what, "URI"}},
    {"ca-file", {group::tls, "FILE", true}},
    {"check-blobs", {group::where, ""}},
    {"chunk-min-length", {group::limits, "BYTES"}},
    {"chunk-size", {group::limits, "SIZE"}},
    {"client-cert", {group::tls, "FILE", true}},
    {"client-key", {group::tls, "FILE", true}},
    {"closure-graph", {group::what, "FILE", true}},
    {"compression", {group::compression, "CODEC[:LEVEL]"}},
    {"compression-threads", {group::compression, "N"}},
    {"compressor", {group::compression, "CODEC[:LEVEL]"}},
    {"config", {group::output, ""}},
    {"created", {group::what, "TIME"}},
    {"creds", {group::login, "USER:PASS"}},
    {"debug", {group::output, ""}},
    {"deep", {group::what, ""}},
    {"derivation", {group::what, "PATH"}},
    {"dest-auth-file", {group::login, "FILE", true}},
    {"dest-creds", {group::login, "USER:PASS"}},
    {"dest-tls-verify", {group::tls, ""}},
    {"digest-file", {group::output, "FILE"}},
    {"dry-run", {group::output, ""}},
    {"engine", {group::where, "ENGINE"}},
    {"flake-metadata", {group::what, "FILE", true}},
    {"format", {group::output, "FORMAT"}},
    {"from-image", {group::what, "IMAGE.json"}},
    {"help", {group::output, ""}},
    {"history", {group::what, "FILE"}},
    {"htpasswd", {group::login, "FILE", true}},
    {"ignore", {group::what, "PATH"}},
    {"image", {group::what, "NAME[:TAG]=FILE"}},
    {"image-id-file", {group::output, "FILE"}},
    {"insecure", {group::tls, ""}},
    {"insecure-listen", {group::where, ""}},
    {"insecure-skip-tls-verify", {group::tls, ""}},
    {"json", {group::output, ""}},
    {"label", {group::what, "KEY=VALUE"}},
    {"layer", {group::what, "N"}},
    {"layers-json", {group::what, "FILE"}},
    {"like", {group::where, "NAME"}},
    {"listen", {group::where, "ADDRESS:PORT"}},
    {"map", {group::output, "FILE"}},
    {"max-connections", {group::limits, "N"}},
    {"max-layers", {group::what, "N"}},
    {"memory", {group::where, ""}},
    {"memory-limit", {group::limits, "SIZE"}},
    {"mount-from", {group::where, "REPOSITORY"}},
    {"name", {group::what, "NAME"}},
    {"namespace", {group::where, "NAME"}},
    {"no-reuse", {group::compression, ""}},
    {"no-tags", {group::output, ""}},
    {"output", {group::output, "FILE"}},
    {"own-name", {group::where, "DESTINATION"}},
    {"package-info", {group::what, "FILE", true}},
    {"password-stdin", {group::login, ""}},
    {"perms", {group::what, "FILE"}},
    {"plain-http", {group::tls, ""}},
    {"platform", {group::what, "PLATFORM"}},
    {"port-file", {group::output, "FILE"}},
    {"predicate", {group::output, ""}},
    {"probes", {group::limits, "N"}},
    {"progress", {group::output, "STYLE"}},
    {"provenance", {group::what, ""}},
    {"quiet", {group::output, ""}},
    {"raw", {group::output, ""}},
    {"referrer", {group::what, "TYPE"}},
    {"referrers", {group::what, ""}},
    {"registry-token", {group::login, "TOKEN"}},
    {"retry", {group::limits, "N"}},
    {"retry-max-time", {group::limits, "SECONDS"}},
    {"reuse-from", {group::compression, "REFERENCE"}},
    {"rewrites", {group::what, "FILE"}},
    {"root", {group::where, "FOLDER"}},
    {"sbom", {group::what, ""}},
    {"sign-attachments", {group::what, ""}},
    {"sign-timeout", {group::limits, "SECONDS"}},
    {"sign-with", {group::what, "COMMAND"}},
    {"skopeo", {group::output, ""}},
    {"src-auth-file", {group::login, "FILE", true}},
    {"src-creds", {group::login, "USER:PASS"}},
    {"src-tls-verify", {group::tls, ""}},
    {"store-root", {group::what, "FOLDER"}},
    {"summary", {group::output, "FILE"}},
    {"tag", {group::where, "TAG"}},
    {"tar-directory", {group::where, "FOLDER"}},
    {"tars", {group::what, "FILE"}},
    {"tls-cert", {group::tls, "FILE", true}},
    {"tls-key", {group::tls, "FILE", true}},
    {"tls-verify", {group::tls, ""}},
    {"type", {group::what, "TYPE"}},
    {"uploads", {group::limits, "N"}},
    {"username", {group::login, "NAME"}},
    {"verify", {group::where, ""}},
    {"verify-reuse", {group::compression, ""}},
    {"version", {group::output, ""}},
    {"via", {group::where, "WAY"}},
});
static_assert(std::ranges::is_sorted(option_rows, {}, &OptionRow::name));

}  // namespace

OptionWords option_words(std::string_view name) {
  const auto found = std::ranges::lower_bound(option_rows, name, {}, &OptionRow::name);
  if (found == option_rows.end() || found->name != name) return {group::what, "VALUE"};
  return found->words;
}

}  // namespace n2c::cli
