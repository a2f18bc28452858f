#pragma once
/// Describing layers, with its progress.

#include <stop_token>
#include <string>
#include <vector>

#include "describe/closure.h"
#include "describe/layer_builder.h"

namespace n2c::cli {

/// How the progress is shown.
struct ShownProgress {
  /// Has the sizes; where it lacks some, a build of over a second looks for them.
  const Closure& closure;
  const std::string& style;  ///< of --progress
};

/// build_layers(), whose listener this sets. `write` is called with nothing drawn any more. Throws
/// what build_layers() does; a stop says how far it came.
void build_layers_shown(const std::vector<std::vector<StorePath>>& layers, LayerBuild build,
                        const ShownProgress& shown, const WriteRecords& write,
                        const std::stop_token& stop);

}  // namespace n2c::cli
