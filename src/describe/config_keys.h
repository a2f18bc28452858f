#pragma once
/// The keys of an image config that are left out when it is described.

#include <string>
#include <vector>

#include "go/encoding_json.h"
#include "oci/config.h"

namespace n2c {

/// A sentence for each key of `config` that is left out, in order: whether Docker knows it, or
/// which one may be meant. Keys count in any case, as Go reads them.
std::vector<std::string> left_out_keys(const go::Json& config, oci::DockerKeys docker_keys);

}  // namespace n2c
