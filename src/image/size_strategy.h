#pragma once
/// Layers grouped so that a change sends as little as possible again.

#include <cstdint>
#include <vector>

#include "image/closure.h"
#include "image/layer_record.h"

namespace n2c {

/// At most max_layers layers (0 or less: one a path) of the given paths, `sizes` being the paths'.
///
/// The rule: every path begins as a layer; as long as there are too many, the two whose union
/// costs least become one. A layer's cost is its size times the number of changes that touch it,
/// where a change is one path with new contents, counted twice: once as if it alone changed
/// and once with all that refers to it, directly or not, as in a Nix store. Sizes count
/// as powers of two and equals are told apart by name without the hash, so that a path that grew
/// a little or has a new hash leaves the other layers as they were. Layers that change least
/// stand lowest. Of more than 1000 paths the smallest share one layer from the start.
///
/// Deterministic. Throws as by_popularity() does.
std::vector<std::vector<StorePath>> split_by_size(const std::vector<StorePath>& paths,
                                                  const std::vector<std::uint64_t>& sizes,
                                                  const Closure& closure, std::int64_t max_layers);

}  // namespace n2c
