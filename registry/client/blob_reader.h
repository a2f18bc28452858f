#pragma once
/// A blob as it comes from a registry.

#include <memory>
#include <stop_token>

#include "base/stream.h"
#include "oci/manifest.h"
#include "registry/client/host.h"

namespace n2c::registry {

/// GETs a blob on a thread of its own, and is a Reader that blocks. When the connection is cut it
/// continues by Range, or from the start where the registry knows no ranges. The bytes are
/// verified: when they are not the blob, it throws Error{integrity} in place of the end.
std::unique_ptr<Reader> open_blob_reader(std::shared_ptr<Host> host, const Scope& scope,
                                         const oci::Digest& digest,
                                         std::optional<std::uint64_t> size, std::stop_token stop);

}  // namespace n2c::registry
