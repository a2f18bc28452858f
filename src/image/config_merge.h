#pragma once
/// Building on a base image's config, as Docker does for FROM. Upstream takes only the base's
/// layers (docs/format.md G1.2), so all of this is asked for: `image --merge-base-config`,
/// `image-from-dir --with-config`.

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "oci/config.h"

namespace n2c {

/// `own` on top of `base`: Env by variable (the base's order, own values, new ones behind);
/// Labels by key; ExposedPorts and Volumes united; User, WorkingDir and StopSignal own where set.
/// An own Entrypoint puts away the base's Cmd too, an own Cmd leaves its Entrypoint
/// (Dockerfile reference, "Understand how CMD and ENTRYPOINT interact").
oci::ContainerConfig merge_configs(const oci::ContainerConfig& base,
                                   const oci::ContainerConfig& own);

/// What a config blob says of containers, and of each of its layers.
struct BaseConfig {
  oci::ContainerConfig container;
  /// All of it, with the entries that have no layer; exactly `layers` entries have one.
  std::vector<oci::History> history;
  oci::Platform platform;
};

/// Reads a config that others wrote: Cmd and Entrypoint may be a string (docker before 1.8),
/// history of fewer than `layers` is filled up with empty entries, one of more is dropped: it does
/// not tell which layer is whose.
Parsed<BaseConfig> read_base_config(std::string_view config_json, std::size_t layers);

}  // namespace n2c
