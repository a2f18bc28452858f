#include "console/layer_bars.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/text.h"

namespace layer_bars_test {

using namespace n2c;

TEST_CASE("layers are bars, the largest first, without hashes") {
  const auto lines = layer_bars({{.place = 1, .size = 1024, .paths = 1, .name = "hello-2.12"},
                                 {.place = 2, .size = 4096, .paths = 12, .name = "glibc-2.40"},
                                 {.place = 3, .size = 0, .paths = 0}},
                                80);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "layer        size  paths");
  CHECK(lines[1] == "    2     4.0 KiB     12  ##################  glibc-2.40");
  CHECK(lines[2] == "    1     1.0 KiB      1  #####               hello-2.12");
  CHECK(lines[3] == "    3         0 B      0");
}

TEST_CASE("no line is wider than the terminal, at any width") {
  const std::string name = std::string(50, 'n') + "é" + std::string(150, 'm');
  for (std::size_t columns = 40; columns <= 220; ++columns) {
    CAPTURE(columns);
    const auto lines = layer_bars({{.place = 100, .size = 1 << 30, .paths = 12345, .name = name},
                                   {.place = 7, .size = 1 << 20, .paths = 1, .name = "é"}},
                                  columns);
    for (const std::string& line : lines) CHECK(columns_of(line) <= columns);
    CHECK(lines[1].contains('#') == (columns >= 60));
    CHECK(lines[1].contains("n"));
    CHECK(lines[1].ends_with("…"));
  }
}

TEST_CASE("layers of a stored image have bars alone") {
  const auto lines = layer_bars({{.place = 1, .size = 100}, {.place = 2, .size = 50}}, 80);
  CHECK(lines[0] == "layer        size");
  CHECK(lines[1] == cat("    1       100 B  ", std::string(40, '#')));
  CHECK(lines[2] == cat("    2        50 B  ", std::string(20, '#')));
  CHECK(layer_bars({}, 80).size() == 1);
}

}  // namespace layer_bars_test
