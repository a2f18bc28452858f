#pragma once
/// Layers grouped so that a change sends as little as possible again.

#include <cstdint>
#include <vector>

#include "describe/closure.h"
#include "image/layer_record.h"

namespace n2c {

/// Groups the paths into at most max_layers layers (0 or less: one a path). `sizes` are the paths'
/// sizes.
///
/// Every path begins as a layer. As long as there are too many, the two layers whose union costs
/// least become one. A layer's cost is its size times the number of changes that touch it. Each
/// path changes twice: once alone, and once with all that refers to it, directly or not, as in a
/// Nix store. Sizes count as powers of two, and equals are told apart by name without the hash. So
/// a path that grew a little or has a new hash leaves the other layers as they were. Layers that
/// change least stand lowest. Of more than 1000 paths the smallest share one layer from the start.
///
/// Deterministic. Throws as by_popularity() does.
std::vector<std::vector<StorePath>> split_by_size(const std::vector<StorePath>& paths,
                                                  const std::vector<std::uint64_t>& sizes,
                                                  const Closure& closure, std::int64_t max_layers);

}  // namespace n2c
