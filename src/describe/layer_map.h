#pragma once
/// A picture of an image: its layers as boxes of their sizes, which hold their store paths.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace n2c {

struct MapTile {
  enum class Colour { red, orange, yellow, grey };
  std::string name;  ///< "hello-2.12"
  std::uint64_t size = 0;
  Colour colour = Colour::grey;
};

struct MapLayer {
  std::size_t place = 0;  ///< from 1
  std::uint64_t size = 0;
  std::vector<MapTile> tiles;
};

struct LayerMap {
  std::string headline, subline;
  std::vector<MapLayer> layers;
  std::array<std::string, 4> meanings;  ///< of each Colour, as the legend and tooltips say it
};

/// A self-contained SVG with a tooltip for each box. Layers and tiles of no size are left out. The
/// legend has the colours that are there, each with its paths and bytes. Pure.
std::string layer_map_svg(LayerMap map);

}  // namespace n2c
