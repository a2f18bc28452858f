#include "describe/layer_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "base/text.h"
#include "describe/treemap.h"

namespace n2c {

namespace {

constexpr double width = 1400, height = 860, margin = 20, top = 66, bottom = 50, title_height = 17;

struct Look {
  std::string_view fill, words;
};
constexpr std::array looks{Look{"#e34a33", "changed"}, Look{"#fc8d59", "refers to what changed"},
                           Look{"#fdd49e", "unchanged, but in a layer that changed"},
                           Look{"#e5e5e5", "already there"}};

const Look& look_of(MapTile::Colour colour) { return looks[static_cast<std::size_t>(colour)]; }

std::string escaped(std::string_view text) {
  std::string made;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': made += "&amp;"; break;
      case '<': made += "&lt;"; break;
      case '>': made += "&gt;"; break;
      case '"': made += "&quot;"; break;
      default: made += c;
    }
  }
  return made;
}

/// As much of the text as a box of that width holds; nothing when that says nothing.
std::string fitting(std::string_view text, double room, double letter) {
  const auto most = static_cast<std::size_t>(std::max(room / letter, 0.0));
  if (text.size() <= most) return std::string(text);
  return most < 4 ? "" : cat(text.substr(0, most - 1), "…");
}

class Svg {
 public:
  Svg() {
    add(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" )"
        "font-family=\"Verdana, DejaVu Sans, sans-serif\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        width, height);
  }
  void text(double x, double y, int size, std::string_view words, std::string_view more = "") {
    add("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\"{}>{}</text>\n", x, y, size, more,
        escaped(words));
  }
  void box(const Box& box, std::string_view fill, std::string_view tooltip) {
    add("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\" "
        "stroke=\"#fff\"><title>{}</title></rect>\n",
        box.x, box.y, box.width, box.height, fill, escaped(tooltip));
  }
  std::string finish() { return std::move(made_) + "</svg>\n"; }

 private:
  template <class... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(made_), format, std::forward<Values>(values)...);
  }
  std::string made_;
};

void draw_tile(Svg& svg, const MapLayer& layer, const MapTile& tile, const Box& box) {
  const std::string size = brief_bytes(tile.size);
  svg.box(box, look_of(tile.colour).fill,
          cat(tile.name, ", ", size, ", layer ", layer.place, ": ", look_of(tile.colour).words));
  if (box.height < 18) return;
  svg.text(box.x + 5, box.y + 14, 12, fitting(tile.name, box.width - 8, 7.6));
  if (box.height >= 34) {
    svg.text(box.x + 5, box.y + 29, 11, fitting(size, box.width - 8, 7), " fill=\"#444\"");
  }
}

void draw_layer(Svg& svg, const MapLayer& layer, Box box) {
  if (layer.tiles.size() > 1 && box.height > 3 * title_height && box.width > 60) {
    const std::string title =
        cat("layer ", layer.place, ": ", layer.tiles.size(), " paths, ", brief_bytes(layer.size));
    svg.box({box.x, box.y, box.width, title_height}, "#3a3a3a", title);
    svg.text(box.x + 5, box.y + 12, 11, fitting(title, box.width - 8, 7.6),
             " fill=\"#fff\" font-weight=\"bold\"");
    box.y += title_height;
    box.height -= title_height;
  }
  std::vector<double> areas;
  for (const MapTile& tile : layer.tiles) areas.push_back(static_cast<double>(tile.size));
  const std::vector<Box> boxes = treemap(areas, box);
  for (std::size_t i = 0; i < boxes.size(); ++i) draw_tile(svg, layer, layer.tiles[i], boxes[i]);
}

void draw_legend(Svg& svg) {
  double x = margin;
  for (const Look& look : looks) {
    svg.box({x, height - 34, 15, 15}, look.fill, look.words);
    svg.text(x + 22, height - 21, 13, look.words);
    x += 50 + 8 * static_cast<double>(look.words.size());
  }
}

}  // namespace

std::string layer_map_svg(LayerMap map) {
  for (MapLayer& layer : map.layers) {
    std::erase_if(layer.tiles, [](const MapTile& tile) { return tile.size == 0; });
    std::ranges::sort(layer.tiles, std::greater{}, &MapTile::size);
  }
  std::erase_if(map.layers,
                [](const MapLayer& layer) { return layer.size == 0 || layer.tiles.empty(); });
  std::ranges::sort(map.layers, std::greater{}, &MapLayer::size);
  Svg svg;
  svg.text(margin, 30, 20, map.headline, " font-weight=\"bold\"");
  svg.text(margin, 52, 13, map.subline, " fill=\"#444\"");
  std::vector<double> areas;
  for (const MapLayer& layer : map.layers) areas.push_back(static_cast<double>(layer.size));
  const std::vector<Box> boxes =
      treemap(areas, {margin, top, width - 2 * margin, height - top - bottom});
  for (std::size_t i = 0; i < boxes.size(); ++i) draw_layer(svg, map.layers[i], boxes[i]);
  if (map.has_legend) draw_legend(svg);
  return svg.finish();
}

}  // namespace n2c
