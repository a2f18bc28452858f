#pragma once
/// Pushing an image, or an index of several, to a repository of a registry: learn what is known
/// there, push, and remember what was compressed.

#include <stop_token>
#include <vector>

#include "image/image.h"
#include "remote/push_wishes.h"
#include "remote/registries.h"
#include "transfer/index.h"
#include "transfer/push.h"

namespace n2c {

/// Learns what is known of the layers and of what is there (learning.h), then push_to_store().
/// Throws Error.
PushReport push_to_registry(const Image& image, Registries& registries, const RegistryPush& push,
                            Progress& progress, std::stop_token stop);

/// Images, and what the index of them says.
struct RegistryIndex {
  const std::vector<IndexPart>& parts;
  IndexOptions options{};  ///< its `push` is not looked at: the RegistryPush has one
};

/// The same for an index: push_index().
IndexReport push_to_registry(const RegistryIndex& index, Registries& registries,
                             const RegistryPush& push, Progress& progress, std::stop_token stop);

}  // namespace n2c
