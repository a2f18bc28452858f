#pragma once
/// Bounding a repository's layer index (layer_index.h).

#include <cstddef>
#include <optional>
#include <stop_token>

#include "registry/client/client.h"

namespace n2c {

/// How many pairs stayed, and how many went.
struct PrunedIndex {
  std::size_t kept = 0, dropped = 0;
};

/// Drops the pairs whose blobs are gone, and all but the newest `keep`. An index that has none left
/// is removed, for which the client needs Access::remove at some registries. Nothing where the
/// repository has no index. Throws Error as change_layer_index() does.
std::optional<PrunedIndex> prune_layer_index(registry::RegistryClient& client, std::size_t keep,
                                             const std::stop_token& stop);

}  // namespace n2c
