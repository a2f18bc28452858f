#pragma once
/// What a push is asked for. What it finds out is in RepositoryState and PushPlan.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "oci/descriptor.h"
#include "transfer/image_manifest.h"

namespace n2c {

struct PushOptions {
  std::vector<std::string> tags{};       ///< one manifest write each; none: by digest alone
  std::optional<oci::Digest> must_be{};  ///< the manifest's digest, or nothing is tagged
  Compression compression{};
  ManifestFormat format = ManifestFormat::oci;
  bool fall_back_to_docker = true;      ///< when the blob store refuses OCI manifests
  oci::Annotations annotations{};       ///< of the manifest, over the image's own
  std::size_t probes = 32;              ///< questions, and small blobs, in flight
  std::size_t uploads = 5;              ///< blobs above light_blob_bytes being sent
  std::size_t compression_threads = 0;  ///< for all layers together; 0: one a processor
  bool check_blobs = false;             ///< ask for every blob although the manifest is there
  bool dry_run = false;                 ///< decide and ask, send nothing
};

/// The address' own tag, if it has one, and the further ones: each once.
std::vector<std::string> distinct_tags(const std::string& own,
                                       const std::vector<std::string>& further);

}  // namespace n2c
