#pragma once
/// A picture of an image: its layers as boxes of their sizes, which hold their store paths.

#include <cstdint>
#include <string>
#include <vector>

namespace n2c {

struct MapTile {
  enum class Colour { changed, referring, unchanged, there };
  std::string name;  ///< "hello-2.12"
  std::uint64_t size = 0;
  Colour colour = Colour::there;
};

struct MapLayer {
  std::size_t place = 0;  ///< from 1
  std::uint64_t size = 0;
  std::vector<MapTile> tiles;
};

struct LayerMap {
  std::string headline, subline;
  std::vector<MapLayer> layers;
  bool has_legend = false;
};

/// A self-contained SVG with a tooltip for each box. Layers and tiles of no size are left out.
/// Pure.
std::string layer_map_svg(LayerMap map);

}  // namespace n2c
