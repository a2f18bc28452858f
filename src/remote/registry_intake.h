#pragma once
/// A repository of a registry as a place for layers that come before their manifest.

#include <memory>
#include <stop_token>

#include "remote/push_wishes.h"
#include "remote/registries.h"
#include "transfer/layer_intake.h"
#include "transfer/progress.h"

namespace n2c {

/// Blobs that are sent without their length being known go in requests of so many bytes, unless
/// --chunk-size says otherwise. So a request that failed can be sent again from memory.
inline constexpr std::uint64_t stream_chunk_bytes = 8 << 20;

/// Finds out what the repository's tags, --reuse-from and the cache say, before any layer has come.
/// Nothing where nothing is to be reused unchecked. Throws Error.
std::optional<Learnt> learn_before_layers(Registries& registries, const RegistryPush& push,
                                          Progress& progress, std::stop_token stop);

/// Takes layers with what the push has learnt, and with what the cache says. When it ends it
/// remembers what the codec made of them. All outlive it. Throws Error.
std::unique_ptr<LayerIntake> open_registry_intake(Registries& registries, const RegistryPush& push,
                                                  Progress& progress);

}  // namespace n2c
