#pragma once
/// A treemap: boxes of given areas that fill a box, as square as can be.

#include <vector>

namespace n2c {

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

/// A box for each area, in their order, which has to be the largest first. The boxes fill `whole`;
/// their areas are to each other as those given. An area of 0 has an empty box. (Bruls, Huizing,
/// van Wijk, "Squarified treemaps", 2000.) Pure.
std::vector<Box> treemap(const std::vector<double>& areas, Box whole);

}  // namespace n2c
