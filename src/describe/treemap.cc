#include "describe/treemap.h"

#include <algorithm>
#include <numeric>

namespace n2c {

namespace {

/// A row along the shorter side of what is left: how far from square its worst box is.
double worst_ratio(double largest, double smallest, double sum, double side) {
  const double thickness = sum / side;
  const auto ratio = [thickness](double area) {
    const double length = area / thickness;
    return std::max(length / thickness, thickness / length);
  };
  return std::max(ratio(largest), ratio(smallest));
}

/// Puts the areas from `first` to `end` along the shorter side and takes their row off `left`.
void lay_row(const std::vector<double>& areas, std::size_t first, std::size_t end, double sum,
             Box& left, std::vector<Box>& boxes) {
  const bool is_upright = left.width >= left.height;  // the row stands at the left edge
  const double side = is_upright ? left.height : left.width;
  const double thickness = sum / side;
  double at = 0;
  for (std::size_t i = first; i < end; ++i) {
    const double length = areas[i] / thickness;
    boxes.push_back(is_upright ? Box{left.x, left.y + at, thickness, length}
                               : Box{left.x + at, left.y, length, thickness});
    at += length;
  }
  (is_upright ? left.x : left.y) += thickness;
  (is_upright ? left.width : left.height) -= thickness;
}

}  // namespace

std::vector<Box> treemap(const std::vector<double>& given, Box whole) {
  const double total = std::accumulate(given.begin(), given.end(), 0.0);
  if (total <= 0 || whole.width <= 0 || whole.height <= 0) return std::vector<Box>(given.size());
  std::vector<double> areas = given;
  for (double& area : areas) area *= whole.width * whole.height / total;
  std::vector<Box> boxes;
  std::size_t first = 0;
  while (first < areas.size() && areas[first] > 0) {
    const double side = std::max(std::min(whole.width, whole.height), 1e-9);
    double sum = areas[first];
    std::size_t end = first + 1;
    for (double ratio = worst_ratio(areas[first], areas[first], sum, side);
         end < areas.size() && areas[end] > 0; ++end) {
      const double with_next = worst_ratio(areas[first], areas[end], sum + areas[end], side);
      if (with_next > ratio) break;
      ratio = with_next;
      sum += areas[end];
    }
    lay_row(areas, first, end, sum, whole, boxes);
    first = end;
  }
  boxes.resize(given.size());
  return boxes;
}

}  // namespace n2c
