#include "console/layer_bars.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/text.h"

namespace layer_bars_test {

using namespace n2c;

TEST_CASE("layers are bars, the largest first, without hashes") {
  const auto lines = layer_table({{.place = 1, .size = 1024, .paths = 1, .name = "hello-2.12"},
                                  {.place = 2, .size = 4096, .paths = 12, .name = "glibc-2.40"},
                                  {.place = 3, .size = 0, .paths = 0}},
                                 5120, 80);
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == "layer        size  paths");
  CHECK(lines[1] == "    2     4.0 KiB     12  ##################  glibc-2.40");
  CHECK(lines[2] == "    1     1.0 KiB      1  #####               hello-2.12");
  CHECK(lines[3] == "    3         0 B      0");
  CHECK(lines[4] == "total     5.0 KiB     13  in 3 layers");
}

TEST_CASE("no line is wider than the terminal, at any width") {
  const std::string name = std::string(50, 'n') + "é" + std::string(150, 'm');
  for (std::size_t columns = 40; columns <= 220; ++columns) {
    CAPTURE(columns);
    const auto lines = layer_table({{.place = 100, .size = 1 << 30, .paths = 12345, .name = name},
                                    {.place = 7, .size = 1 << 20, .paths = 1, .name = "é"}},
                                   (1 << 30) + (1 << 20), columns);
    for (const std::string& line : lines) CHECK(columns_of(line) <= columns);
    CHECK(lines[1].contains('#') == (columns >= 60));
    CHECK(lines[1].contains("n"));
    CHECK(lines[1].ends_with("…"));
  }
}

TEST_CASE("layers of a stored image have bars alone") {
  const auto lines = layer_table({{.place = 1, .size = 100}, {.place = 2, .size = 50}}, 150, 80);
  CHECK(lines[0] == "layer        size");
  CHECK(lines[1] == cat("    1       100 B  ", std::string(40, '#')));
  CHECK(lines[2] == cat("    2        50 B  ", std::string(20, '#')));
  CHECK(lines[3] == "total       150 B  in 2 layers");
  CHECK(layer_table({}, 0, 80).back() == "total         0 B  in 0 layers");
  CHECK(layer_table({{.place = 1, .size = 1}}, 1, 80).back().ends_with("  in 1 layer"));
}

}  // namespace layer_bars_test
