#pragma once
/// An image's layers as bars, for people. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace n2c {

struct LayerBar {
  std::size_t place = 0;  ///< from 1, the lowest first
  std::uint64_t size = 0;
  std::optional<std::size_t> paths{};  ///< how many store paths; nothing: not known of such layers
  std::string name{};                  ///< what is in it, fit for a terminal
};

/// A heading, a line for each layer, the largest first, and one for all; none is wider than
/// `columns`, which is 40 or more. A bar is as long as the layer is large; below 60 columns there
/// are none.
///
///     layer        size  paths
///         3    12.2 MiB      1  ##################  libc6
///     total    13.4 MiB      3  in 2 layers
///
/// The last line has `total` bytes, which may be less than the sum where a layer is there twice.
std::vector<std::string> layer_table(std::vector<LayerBar> layers, std::uint64_t total,
                                     std::size_t columns);

/// "1 layer", "12 layers".
std::string layer_count(std::size_t layers);

}  // namespace n2c
