#pragma once
/// Writing manifests until the blob store has them, whatever it says on the way.

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "oci/manifest.h"
#include "transfer/blob_store.h"
#include "transfer/progress.h"

namespace n2c {

/// Whoever pushes the blobs, as the writer of their manifests needs it.
class ManifestAuthor {
 public:
  virtual ~ManifestAuthor() = default;
  /// The manifests as they are to be written now, each after those that it names. The last is the
  /// root, which the tags will name. Asked anew after each of the calls below; what was returned
  /// stays valid until then. Throws Error when they are not what was asked for.
  virtual std::span<const oci::RawManifest> manifests() = 0;
  /// What people call the manifest: "manifest", "index".
  virtual std::string name_of(const oci::RawManifest& manifest) const = 0;
  /// The tags to write for that root. Nothing when it is there and nothing is to be written.
  virtual std::optional<std::vector<std::string>> tags_for(const oci::Descriptor& root) const = 0;
  /// Sends what the blob store says it lacks, although it had said that it has it
  /// (distribution-spec#569). False when none of it is part of what is pushed.
  virtual bool send_again(const std::vector<oci::Digest>& missing, std::stop_token stop) = 0;
  /// Goes over to Docker's formats, which older registries want. False when it may not or cannot,
  /// or did so already.
  virtual bool use_dockers_format() = 0;
};

/// "the registry lacks 2 blobs that it said it has: sending them"
std::string blobs_lacking(std::string_view store, std::size_t count);

struct WrittenManifests {
  oci::RawManifest root;
  bool was_there = false;  ///< tags_for() gave nothing
};

/// Writes all manifests. What the blob store lacks is sent again, until it names nothing new; when
/// it refuses the format, Docker's is tried. Then all are written from the first. Throws
/// Error{registry} when the blob store still lacks something, or still refuses.
WrittenManifests write_manifests(ManifestAuthor& author, BlobStore& store, Progress& progress,
                                 const std::stop_token& stop);

}  // namespace n2c
