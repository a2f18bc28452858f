#pragma once
/// What a registry must know of a manifest or index: what it names, and what it says of itself.
/// Everything else is kept as it was sent.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "oci/manifest.h"

namespace n2c::registry {

struct ManifestFacts {
  std::string media_type;          ///< of its own field; "" when it has none
  std::vector<oci::Digest> blobs;  ///< config and layers that have to be in the repository
  std::map<oci::Digest, std::uint64_t> sizes;  ///< of the blobs, where it says one
  std::vector<oci::Digest> manifests;          ///< an index's images
  std::optional<oci::Digest> subject;
  std::string artifact_type;  ///< as the referrers list shows it: for an image, or its config's
  oci::Annotations annotations;
};

/// Reads an image manifest or an index (OCI or Docker), as `media_type` says it is. Layers that
/// are not distributable, or that name URLs, need not be here (image-spec, "Non-Distributable
/// Layers"). The error says what is wrong with the text.
Parsed<ManifestFacts> read_manifest_facts(std::string_view json, std::string_view media_type);

/// The media type of a manifest or index that a descriptor calls `declared`: what its own field
/// says, else what it looks like, else what the descriptor says.
std::string manifest_type(std::string_view json, std::string_view declared);

}  // namespace n2c::registry
