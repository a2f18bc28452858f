#pragma once
/// Making and writing an index of several images, each for its own platform, together with the
/// images.

#include <stop_token>
#include <vector>

#include "transfer/blob_store.h"
#include "transfer/index_parts.h"
#include "transfer/progress.h"
#include "transfer/push.h"

namespace n2c {

struct IndexOptions {
  oci::Annotations annotations{};  ///< of the index
  /// Of each image's descriptor in the index. They win over those of the index that the image comes
  /// from.
  oci::Annotations descriptor_annotations{};
  /// How images are pushed; `tags`, `must_be` and `tags_now` are the index's.
  PushOptions push{};
};

struct IndexReport {
  oci::Descriptor index;
  std::vector<oci::Descriptor> manifests;          ///< with their platforms
  std::size_t present = 0, mounted = 0, sent = 0;  ///< blobs, of all images
  std::uint64_t bytes_sent = 0;
  bool nothing_written = false;     ///< every tag held this index already
  PairedLayers compressed_forms{};  ///< what the codec made, in all images
};

/// Writes every image by digest, then the index under its tags. A blob that images share is
/// compressed and sent once. An image that `push.held` names is not asked for, and the index is not
/// written to tags that hold it. Whatever is thrown, no tag was written.
IndexReport push_entries(const std::vector<IndexEntry>& entries, BlobStore& store,
                         const IndexOptions& options, Progress& progress, std::stop_token stop);

/// Calls read_parts(), then push_entries(). Throws as both do.
IndexReport push_index(const std::vector<IndexPart>& parts, BlobStore& store,
                       const IndexOptions& options, Progress& progress, std::stop_token stop);

/// What push_entries() would write. The root is known only when `options.push.known` has a form of
/// every layer; else only those of the images' manifests are given that are known. Throws
/// Error{usage} as make_manifest does.
ExpectedManifests expected_manifests(const std::vector<IndexEntry>& entries,
                                     const IndexOptions& options);

}  // namespace n2c
