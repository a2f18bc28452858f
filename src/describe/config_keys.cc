#include "describe/config_keys.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

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

bool is_one_of(std::span<const std::string_view> keys, std::string_view key) {
  return std::ranges::any_of(
      keys, [&](std::string_view one) { return lower_ascii(one) == lower_ascii(key); });
}

/// How many letters have to be put, taken away, replaced or swapped with the next.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

/// Whether the letters are all in the other word, in that order.
bool is_part_of(std::string_view letters, std::string_view word) {
  for (const char letter : word) {
    if (!letters.empty() && letters.front() == letter) letters.remove_prefix(1);
  }
  return letters.empty();
}

std::optional<std::string_view> meant_by(std::string_view key) {
  constexpr std::size_t longest_key = 40;
  if (key.size() > longest_key) return {};
  const std::string lower = lower_ascii(key);
  std::optional<std::string_view> nearest;
  std::size_t least = 1 + std::max<std::size_t>(1, key.size() / 4);
  const auto look_at = [&](std::string_view one) {
    const std::string other = lower_ascii(one);
    const bool is_shortened = lower.size() >= 4 && is_part_of(lower, other);
    const std::size_t far = is_shortened ? 1 : distance(lower, other);
    if (far >= least) return;
    least = far;
    nearest = one;
  };
  std::ranges::for_each(ocis_keys, look_at);
  std::ranges::for_each(dockers_keys, look_at);
  return nearest;
}

}  // namespace

std::vector<std::string> left_out_keys(const go::Json& config, oci::DockerKeys docker_keys) {
  std::vector<std::string> told;
  if (config.as_object() == nullptr) return told;
  for (const auto& [key, value] : *config.as_object()) {
    if (is_one_of(ocis_keys, key)) continue;
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
  return told;
}

}  // namespace n2c
