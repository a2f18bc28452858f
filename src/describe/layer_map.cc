#include "describe/layer_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "base/text.h"
#include "describe/treemap.h"

namespace n2c {

namespace {

constexpr double width = 1400, height = 860, margin = 20, top = 66, bottom = 50, title_height = 17;

constexpr std::array<std::string_view, 4> fills{"#e34a33", "#fc8d59", "#fdd49e", "#e5e5e5"};

std::size_t place_of(MapTile::Colour colour) { return static_cast<std::size_t>(colour); }

std::string count_of(std::size_t paths) { return cat(paths, paths == 1 ? " path" : " paths"); }

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

bool fits(std::string_view text, double room, double letter) {
  return static_cast<double>(columns_of(text)) * letter <= room;
}

/// As much of the text as a box of that width holds; nothing when that says nothing.
std::string fitting(std::string_view text, double room, double letter) {
  if (fits(text, room, letter)) return std::string(text);
  const auto most = static_cast<std::size_t>(std::max(room / letter, 0.0));
  if (most < 4) return "";
  std::size_t end = 0;
  for (std::size_t i = 1; i < most; ++i) {
    end += std::max<std::size_t>(utf8_length(text.substr(end)), 1);
  }
  return cat(text.substr(0, end), "…");
}

/// The first of the texts that fits whole: of a number that is cut a reader would take the rest.
std::string first_fitting(std::initializer_list<std::string> texts, double room, double letter) {
  for (const std::string& text : texts) {
    if (fits(text, room, letter)) return text;
  }
  return "";
}

class Svg {
 public:
  explicit Svg(std::string_view name) {
    add(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" )"
        "aria-label=\"{}\" font-family=\"Verdana, DejaVu Sans, sans-serif\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        width, height, escaped(name));
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

void draw_tile(Svg& svg, const LayerMap& map, const MapLayer& layer, const MapTile& tile,
               const Box& box) {
  const std::string size = brief_bytes(tile.size);
  const std::size_t colour = place_of(tile.colour);
  svg.box(box, fills[colour],
          cat(tile.name, ", ", size, ", layer ", layer.place, ": ", map.meanings[colour]));
  if (box.height < 18) return;
  svg.text(box.x + 5, box.y + 14, 12, fitting(tile.name, box.width - 8, 7.6));
  if (box.height >= 34) {
    svg.text(box.x + 5, box.y + 29, 11, first_fitting({size}, box.width - 8, 6.4),
             " fill=\"#444\"");
  }
}

void draw_layer(Svg& svg, const LayerMap& map, const MapLayer& layer, Box box) {
  if (layer.tiles.size() > 1 && box.height > 3 * title_height && box.width > 60) {
    const std::string short_title = cat("layer ", layer.place);
    const std::string with_paths = cat(short_title, ": ", count_of(layer.tiles.size()));
    const std::string title = cat(with_paths, ", ", brief_bytes(layer.size));
    svg.box({box.x, box.y, box.width, title_height}, "#3a3a3a", title);
    svg.text(box.x + 5, box.y + 12, 11,
             first_fitting({title, with_paths, short_title}, box.width - 8, 7.6),
             " fill=\"#fff\" font-weight=\"bold\"");
    box.y += title_height;
    box.height -= title_height;
  }
  std::vector<double> areas;
  for (const MapTile& tile : layer.tiles) areas.push_back(static_cast<double>(tile.size));
  const std::vector<Box> boxes = treemap(areas, box);
  for (std::size_t i = 0; i < boxes.size(); ++i)
    draw_tile(svg, map, layer, layer.tiles[i], boxes[i]);
}

void draw_legend(Svg& svg, const LayerMap& map) {
  std::array<std::size_t, fills.size()> paths{};
  std::array<std::uint64_t, fills.size()> bytes{};
  for (const MapLayer& layer : map.layers) {
    for (const MapTile& tile : layer.tiles) {
      ++paths[place_of(tile.colour)];
      bytes[place_of(tile.colour)] += tile.size;
    }
  }
  double x = margin;
  for (std::size_t i = 0; i < fills.size(); ++i) {
    if (paths[i] == 0) continue;
    svg.box({x, height - 34, 15, 15}, fills[i], map.meanings[i]);
    const std::string words =
        cat(map.meanings[i], ": ", count_of(paths[i]), ", ", brief_bytes(bytes[i]));
    svg.text(x + 22, height - 22, 12, words);
    x += 42 + 6.9 * static_cast<double>(columns_of(words));
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
  Svg svg(map.headline);
  svg.text(margin, 30, 20, fitting(map.headline, width - 2 * margin, 13.6),
           " font-weight=\"bold\"");
  svg.text(margin, 52, 13, fitting(map.subline, width - 2 * margin, 7.8), " fill=\"#444\"");
  std::vector<double> areas;
  for (const MapLayer& layer : map.layers) areas.push_back(static_cast<double>(layer.size));
  const std::vector<Box> boxes =
      treemap(areas, {margin, top, width - 2 * margin, height - top - bottom});
  for (std::size_t i = 0; i < boxes.size(); ++i) draw_layer(svg, map, map.layers[i], boxes[i]);
  draw_legend(svg, map);
  return svg.finish();
}

}  // namespace n2c
