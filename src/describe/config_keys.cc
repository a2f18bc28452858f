#include "describe/config_keys.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/nearest_word.h"
#include "base/text.h"

namespace n2c {

namespace {

/// docs/format.md C5.1
constexpr std::array<std::string_view, 10> ocis_keys{
    "User",    "ExposedPorts", "Env",    "Entrypoint", "Cmd",
    "Volumes", "WorkingDir",   "Labels", "StopSignal", "ArgsEscaped"};
/// oci/docker_config.h
constexpr std::array<std::string_view, 4> dockers_keys{"Healthcheck", "OnBuild", "Shell",
                                                       "StopTimeout"};
/// What Docker writes of the container that an image was made in, or once wrote.
constexpr std::array<std::string_view, 16> containers_keys{
    "Hostname",   "Domainname", "AttachStdin",     "AttachStdout", "AttachStderr", "Tty",
    "OpenStdin",  "StdinOnce",  "Image",           "PortSpecs",    "Cpuset",       "CpuShares",
    "MacAddress", "Memory",     "NetworkDisabled", "MemorySwap"};

/// How many keys are named, which is more than anyone misspells.
constexpr std::size_t most_told = 50;

bool is_one_of(std::span<const std::string_view> keys, std::string_view key) {
  return std::ranges::any_of(
      keys, [&](std::string_view one) { return lower_ascii(one) == lower_ascii(key); });
}

std::optional<std::string_view> meant_by(std::string_view key) {
  std::vector<std::string_view> known(ocis_keys.begin(), ocis_keys.end());
  known.insert(known.end(), dockers_keys.begin(), dockers_keys.end());
  return nearest_word(key, known);
}

}  // namespace

std::vector<std::string> left_out_keys(const go::Json& config, oci::DockerKeys docker_keys) {
  std::vector<std::string> told;
  if (config.as_object() == nullptr) return told;
  std::size_t untold = 0;
  for (const auto& [key, value] : *config.as_object()) {
    if (is_one_of(ocis_keys, key)) continue;
    if (told.size() == most_told) {
      ++untold;
      continue;
    }
    const std::string shown = printable(key, 60);
    if (is_one_of(dockers_keys, key)) {
      if (docker_keys == oci::DockerKeys::kept) continue;
      told.push_back(cat(shown,
                         ": left out, as nix2container does: Docker's config has it, and "
                         "OCI's does not; --keep-docker-keys keeps it"));
      continue;
    }
    if (is_one_of(containers_keys, key)) {
      told.push_back(cat(shown, ": left out: it is of a container and not of an image"));
      continue;
    }
    const auto meant = meant_by(key);
    told.push_back(cat(shown, ": left out: an image's config has no such key",
                       meant ? cat("; did you mean ", *meant, "?") : ""));
  }
  if (untold != 0) told.push_back(cat("and ", untold, " more keys: left out"));
  return told;
}

}  // namespace n2c
