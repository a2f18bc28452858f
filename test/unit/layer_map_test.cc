#include "describe/layer_map.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/text.h"
#include "describe/treemap.h"

namespace layer_map_test {

using namespace n2c;

TEST_CASE("the boxes of a treemap fill it, have the areas asked for, and do not overlap") {
  const std::vector<double> areas{600, 600, 400, 300, 200, 200, 100, 1, 0};
  const Box whole{10, 20, 600, 400};
  const std::vector<Box> boxes = treemap(areas, whole);
  REQUIRE(boxes.size() == areas.size());
  double filled = 0;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const Box& box = boxes[i];
    CHECK(std::abs(box.width * box.height - areas[i] * 600 * 400 / 2401) < 0.01);
    filled += box.width * box.height;
    if (areas[i] == 0) continue;
    CHECK(box.x >= whole.x - 1e-6);
    CHECK(box.y >= whole.y - 1e-6);
    CHECK(box.x + box.width <= whole.x + whole.width + 1e-6);
    CHECK(box.y + box.height <= whole.y + whole.height + 1e-6);
    if (areas[i] >= 100) CHECK(std::max(box.width / box.height, box.height / box.width) < 3);
    for (std::size_t j = 0; j < i; ++j) {
      const double across =
          std::min(box.x + box.width, boxes[j].x + boxes[j].width) - std::max(box.x, boxes[j].x);
      const double down =
          std::min(box.y + box.height, boxes[j].y + boxes[j].height) - std::max(box.y, boxes[j].y);
      CHECK(std::min(across, down) < 1e-6);
    }
  }
  CHECK(std::abs(filled - 600 * 400) < 0.01);
}

TEST_CASE("a treemap of nothing has no boxes with an area") {
  CHECK(treemap({}, {0, 0, 10, 10}).empty());
  CHECK(treemap({0, 0}, {0, 0, 10, 10})[1].width == 0);
  CHECK(treemap({1}, {0, 0, 0, 10})[0].height == 0);
}

TEST_CASE("a layer map has a tooltip for each path, and names cannot break out of it") {
  const std::string svg = layer_map_svg(
      {.headline = "a -> b",
       .subline = "all",
       .layers = {{.place = 1, .size = 30, .tiles = {{"hello-2.12", 30}}},
                  {.place = 2,
                   .size = 50,
                   .tiles = {{"<script>&\"", 20, MapTile::Colour::changed}, {"empty", 0}}}},
       .has_legend = true});
  CHECK(svg.starts_with("<svg xmlns="));
  CHECK(svg.contains("<title>hello-2.12, 30 B, layer 1: already there</title>"));
  CHECK(svg.contains("<title>&lt;script&gt;&amp;&quot;, 20 B, layer 2: changed</title>"));
  CHECK_FALSE(svg.contains("<script"));
  CHECK_FALSE(svg.contains("empty"));
  CHECK(svg.ends_with("</svg>\n"));
}

}  // namespace layer_map_test
