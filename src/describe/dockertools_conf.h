#pragma once
/// The conf.json that nixpkgs' dockerTools gives to its streamLayeredImage, and an image.json of
/// the same store paths in the same layers.

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/image_json.h"
#include "oci/config.h"

namespace n2c {

struct DockerToolsConf {
  oci::ContainerConfig config{};
  std::vector<std::string> left_out{};  ///< a sentence for each key of the config that is left out
  std::string architecture{}, created{}, repo_tag{};
  std::string from_image{};                    ///< the archive of a base image; empty: none
  std::vector<std::vector<StorePath>> layers;  ///< with perms where the owner is not root
  std::string customisation_layer{};           ///< a folder with layer.tar and checksum
};

/// The error says which key is wrong. "created" may be "now", which is the present time.
Parsed<DockerToolsConf> parse_dockertools_conf(std::string_view json);

/// Reads every layer once, to know its digest. `base` gives the layers below, and its Env to the
/// config, which is all that dockerTools takes of it. Throws Error{input} where there is a
/// from_image and no base, for a layer.tar that is not what its checksum says, and what
/// build_layers() throws.
ImageRecord image_of(const DockerToolsConf& conf, const std::optional<ImageRecord>& base,
                     const StoreView& store, std::stop_token stop);

}  // namespace n2c
