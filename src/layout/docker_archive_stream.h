#pragma once
/// Reading docker save's archives (docs/format.md A9.1) while they pass, once and in order, as
/// dockerTools' streamLayeredImage, docker save and podman save write them into a pipe: layers
/// first, config and manifest.json behind them.

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "image/image.h"
#include "oci/reference.h"
#include "transfer/layer_intake.h"

namespace n2c {

/// What came of it.
struct PassedImage {
  /// Its layers are as the intake stored them, and their bytes cannot be opened again: doing so
  /// throws Error{input}.
  Image image;
  /// How the destination came to hold each layer that passed, by diff_id.
  std::map<oci::Digest, LayerTaken> taken;
};

/// Gives every file that is a tar, plain or compressed, to `intake` as it passes, whether or not
/// manifest.json turns out to name it. Then the image of that name, or the only one. All of its
/// layers have the digests that its config says. Throws Error{input} when the archive is cut, or
/// its manifest.json names what did not come, Error{integrity} for layers with other digests, and
/// what the intake throws. `name` of the archive is for people.
PassedImage read_docker_archive(std::unique_ptr<Reader> archive, const std::string& name,
                                const std::optional<oci::Reference>& wanted, LayerIntake& intake,
                                std::stop_token stop);

}  // namespace n2c
