#pragma once
/// An image's layers as they are compared and drawn, wherever it is.

#include <stop_token>
#include <string>
#include <vector>

#include "cli/inspect/place.h"
#include "describe/image_diff.h"

namespace n2c::cli {

/// An image's layers, and whether its store paths are known.
struct Compared {
  std::vector<ComparedLayer> layers;
  bool has_paths = false, is_plain = false;
};

/// Of an image.json with its store paths and their sizes on this machine; of a stored image its
/// manifest and config are read. Throws Error.
Compared compared_layers(const PlaceArguments& arguments, bool debug, const std::stop_token& stop);

}  // namespace n2c::cli
