#pragma once
/// What a changed store path costs: the bytes of the layers that have to be sent again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "describe/closure.h"

namespace n2c {

/// A layer's paths and its size.
struct WeighedLayer {
  std::vector<std::string> paths;
  std::uint64_t size = 0;
};

/// Over all paths of the image, each changed in its turn, all equally likely.
struct Resent {
  std::uint64_t mean = 0, worst = 0;  ///< bytes of layers
  std::string worst_path;             ///< the path whose change costs most
};

/// Every path changes alone, as one does that nothing else refers to.
Resent resent_alone(const std::vector<WeighedLayer>& layers);

/// A path changes together with everything that refers to it, directly or not, since their names
/// change in a Nix store. Paths that the closure does not know change alone.
Resent resent_with_referrers(const std::vector<WeighedLayer>& layers, const Closure& closure);

}  // namespace n2c
