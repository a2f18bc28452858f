#pragma once
/// Taking along what refers to an image that is copied from one repository to another.

#include <cstddef>
#include <set>
#include <stop_token>
#include <string>

#include "oci/digest.h"
#include "registry/client/client.h"

namespace n2c {

struct CopiedReferrers {
  std::size_t copied = 0, present = 0;
};

/// Copies all that refers to the manifest, to the images that it names when it is an index, and to
/// what was so copied, each once. `types` are the artifactTypes to take; none: all. The manifest
/// itself is at `to` already. Throws Error as RegistryClient does.
CopiedReferrers copy_referrers(registry::RegistryClient& from, registry::RegistryClient& to,
                               const oci::Digest& root, const std::set<std::string>& types,
                               const std::stop_token& stop);

}  // namespace n2c
