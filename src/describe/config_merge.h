#pragma once
/// Building on a base image's config, as Docker does for FROM. Upstream takes only the base's
/// layers (docs/format.md G1.2), so all of this is opt-in: `image --merge-base-config`,
/// `image-from-dir --with-config`.

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "oci/config.h"

namespace n2c {

/// `own` on top of `base`. Env is merged by variable: the base's order, own values, new variables
/// at the end. Labels are merged by key; ExposedPorts and Volumes are united. User, WorkingDir and
/// StopSignal are own where set. An own Entrypoint drops the base's Cmd too; an own Cmd keeps the
/// base's Entrypoint (Dockerfile reference, "Understand how CMD and ENTRYPOINT interact"). Of
/// Docker's keys Shell and StopTimeout are own where set, and so is each member of Healthcheck. The
/// base's OnBuild is for the build on it, which there is none of: it is not taken over.
oci::ContainerConfig merge_configs(const oci::ContainerConfig& base,
                                   const oci::ContainerConfig& own);

/// What a config blob says of containers, and of each of its layers.
struct BaseConfig {
  oci::ContainerConfig container;
  /// The whole history, with the entries that have no layer. Exactly `layers` entries have one.
  std::vector<oci::History> history;
  oci::Platform platform;
};

/// Reads a config that others wrote. Cmd and Entrypoint may be a string (docker before 1.8). A
/// history of fewer than `layers` layers is filled up with empty entries. One of more is dropped,
/// since it does not tell which entry belongs to which layer.
Parsed<BaseConfig> read_base_config(std::string_view config_json, std::size_t layers);

}  // namespace n2c
