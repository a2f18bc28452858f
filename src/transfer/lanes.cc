#include "transfer/lanes.h"

#include <vector>

#include "base/tasks.h"

namespace n2c {

void run_in_lanes(std::span<const std::uint64_t> sizes, LaneWidths widths, std::stop_token outer,
                  const std::function<void(std::size_t, std::stop_token)>& work) {
  struct Lane {
    std::size_t width;
    std::vector<std::size_t> indexes{};
  };
  Lane lanes[] = {{widths.heavy}, {widths.light}};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    lanes[sizes[i] > light_blob_bytes ? 0 : 1].indexes.push_back(i);
  }
  run_side_by_side(2, 2, std::move(outer), [&](std::size_t one, std::stop_token stop) {
    const auto& [width, indexes] = lanes[one];
    run_side_by_side(indexes.size(), width, std::move(stop),
                     [&](std::size_t i, std::stop_token inner) { work(indexes[i], inner); });
  });
}

}  // namespace n2c
