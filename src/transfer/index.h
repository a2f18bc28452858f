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
  /// How images are pushed; its `tags` and `must_be` are the index's.
  PushOptions push{};
};

struct IndexReport {
  oci::Descriptor index;
  std::vector<oci::Descriptor> manifests;          ///< with their platforms
  std::size_t present = 0, mounted = 0, sent = 0;  ///< blobs, of all images
  std::uint64_t bytes_sent = 0;
  bool nothing_written = false;     ///< every tag held this index already
  PairedLayers compressed_forms{};  ///< what the codec made, in all images
  PairedLayers codec_forms{};       ///< as codec_forms() of each image; each layer once
};

/// Writes every image by digest, then the index under its tags. A blob that images share is
/// compressed and sent once. An image that `state` has is not asked for, and the index is not
/// written to tags that name it. Whatever is thrown, no tag was written.
IndexReport push_entries(const std::vector<IndexEntry>& entries, BlobStore& store,
                         const IndexOptions& options, Progress& progress, std::stop_token stop,
                         const RepositoryState& state = {});

/// Calls read_parts(), then push_entries(). Throws as both do.
IndexReport push_index(const std::vector<IndexPart>& parts, BlobStore& store,
                       const IndexOptions& options, Progress& progress, std::stop_token stop,
                       const RepositoryState& state = {});

/// What push_entries() would write if these forms were known. The root is known only when they have
/// every layer; else only those of the images' manifests are given that are known. Throws
/// Error{usage} as make_manifest does.
ExpectedManifests expected_manifests(const std::vector<IndexEntry>& entries,
                                     const IndexOptions& options, const KnownForms& forms);

}  // namespace n2c
