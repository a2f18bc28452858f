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
                   .tiles = {{"<script>&\"", 20, MapTile::Colour::red}, {"empty", 0}}}},
       .meanings = {"changed", "", "", "already there"}});
  CHECK(svg.starts_with("<svg xmlns="));
  CHECK(svg.contains("<title>hello-2.12, 30 B, layer 1: already there</title>"));
  CHECK(svg.contains("<title>&lt;script&gt;&amp;&quot;, 20 B, layer 2: changed</title>"));
  CHECK_FALSE(svg.contains("<script"));
  CHECK_FALSE(svg.contains("empty"));
  CHECK(svg.ends_with("</svg>\n"));
}

TEST_CASE("a layer map's legend has the colours that are there, with their paths and bytes") {
  const std::string svg =
      layer_map_svg({.headline = "image.json: 70 B in 2 layers",
                     .subline = "",
                     .layers = {{.place = 1, .size = 30, .tiles = {{"hello-2.12", 30}}},
                                {.place = 2,
                                 .size = 40,
                                 .tiles = {{"a", 20, MapTile::Colour::yellow},
                                           {"b", 20, MapTile::Colour::yellow}}}},
                     .meanings = {"changed", "refers", "shares a layer", "alone"}});
  CHECK(svg.contains("shares a layer: 2 paths, 40 B</text>"));
  CHECK(svg.contains("alone: 1 path, 30 B</text>"));
  CHECK_FALSE(svg.contains("refers"));
  CHECK(svg.contains(">image.json: 70 B in 2 layers</text>"));
}

TEST_CASE("a layer map shows a number whole or not at all, and cuts between characters") {
  const std::string svg =
      layer_map_svg({.headline = "big",
                     .subline = "",
                     .layers = {{.place = 1, .size = 100'000, .tiles = {{"big", 100'000}}},
                                {.place = 2,
                                 .size = 120,
                                 .tiles = {{"\xc3\xa4\xc3\xb6\xc3\xbc-long-name", 1023}}},
                                {.place = 3, .size = 500, .tiles = {{"c", 700}, {"d", 600}}}},
                     .meanings = {}});
  CHECK_FALSE(svg.contains("B…"));
  CHECK_FALSE(svg.contains("paths…"));
  CHECK_FALSE(svg.contains("\xc3…"));
}

}  // namespace layer_map_test
