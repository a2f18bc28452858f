#pragma once
/// A blob as it comes from a registry.

#include <memory>
#include <stop_token>

#include "base/stream.h"
#include "oci/manifest.h"
#include "registry/client/host.h"

namespace n2c::registry {

/// GET of a blob on a thread of its own, as a Reader that blocks. A connection that is cut is
/// continued by Range, or from the start where the registry knows no ranges. The bytes are
/// verified: Error{integrity} in place of the end when they are not the blob.
std::unique_ptr<Reader> open_blob_reader(std::shared_ptr<Host> host, const Scope& scope,
                                         const oci::Digest& digest,
                                         std::optional<std::uint64_t> size, std::stop_token stop);

}  // namespace n2c::registry
