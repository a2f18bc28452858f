#pragma once
/// The image config: what a container of the image runs, and the diff_ids of its layers
/// (image-spec config.md; docs/format.md A4, C5). Field order and omission are Go's.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "go/encoding_json.h"
#include "oci/docker_config.h"
#include "oci/manifest.h"

namespace n2c::oci {

/// Whether a `config` is read with the keys that Docker has beside OCI's.
enum class DockerKeys { passed_over, kept };

/// What the `config` object may hold (docs/format.md C5.1), and Docker's own keys behind it.
struct ContainerConfig {
  std::string user;
  std::set<std::string> exposed_ports;
  std::optional<std::vector<std::string>> env, entrypoint, cmd;
  std::set<std::string> volumes;
  std::string working_dir;
  std::map<std::string, std::string> labels;
  std::string stop_signal;
  bool args_escaped = false;
  DockerConfig docker;

  /// Decodes by Go's rules (docs/format.md C4) into what is there already, so a duplicate key
  /// merges maps. `unknown` is told of every key that is not read.
  go::Decoded decode(const go::Json& json, DockerKeys docker_keys,
                     const std::function<void(std::string_view key)>& unknown = {});
  go::Json to_json() const;  // empty fields left out
};

/// docs/format.md C5.3. `created` is kept as the RFC 3339 text it will be written as.
struct History {
  std::optional<std::string> created;
  std::string created_by, author, comment;
  bool empty_layer = false;

  go::Decoded decode(const go::Json& json,
                     const std::function<void(std::string_view key)>& unknown = {});
  go::Json to_json() const;
  bool operator==(const History&) const = default;
};

/// How many of the entries have a layer.
std::size_t layers_in(const std::vector<History>& history);

/// A whole config. It is written in the order of docs/format.md A4.1.
struct Config {
  std::optional<std::string> created;
  Platform platform;
  ContainerConfig container;
  std::vector<Digest> diff_ids;
  std::vector<History> history;

  std::string to_json() const;
};

/// What n2c needs of a config that it did not write: its diff_ids and platform. Only
/// rootfs.diff_ids is required (docs/format.md G2.5).
struct ConfigFacts {
  std::vector<Digest> diff_ids;
  Platform platform;
};
Parsed<ConfigFacts> read_config_facts(std::string_view json);

}  // namespace n2c::oci
