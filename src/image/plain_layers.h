#pragma once
/// Layers that are stored compressed, as the plain tars that they are.

#include <cstddef>
#include <functional>
#include <stop_token>

#include "image/image.h"

namespace n2c {

/// Chooses layers.
using LayerChoice = std::function<bool(const Layer&)>;
bool is_stored_compressed(const Layer& layer);
bool is_stored_as_zstd(const Layer& layer);

/// The image with the chosen layers plain. Each is read once, `at_once` side by side, to know its
/// size, and again when it is opened; both times it is checked against its diff_id. Throws
/// Error{integrity}, Error{cancelled}, and what reading the layers throws.
Image with_plain_layers(Image image, const LayerChoice& chosen, std::size_t at_once,
                        std::stop_token stop);

}  // namespace n2c
