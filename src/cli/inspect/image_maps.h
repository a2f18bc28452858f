#pragma once
/// What the pictures of an image, and of a change of one, say: numbers, colours and their meaning.

#include <string_view>

#include "cli/inspect/compared.h"
#include "describe/image_diff.h"
#include "describe/layer_map.h"

namespace n2c::cli {

/// An image's layers and paths, in the colours of what a change of one path would send. `name` is
/// what the user typed. Pure.
LayerMap map_of_image(std::string_view name, const Compared& image);

/// The new image's layers and paths, in the colours of what happens to them. The names are what the
/// user typed. Pure.
LayerMap map_of_diff(std::string_view old_name, std::string_view new_name, const ImageDiff& diff,
                     const Compared& after);

}  // namespace n2c::cli
