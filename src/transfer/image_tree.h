#pragma once
/// A stored image, or an index with all its images, as the list of what has to be copied.

#include <stop_token>
#include <vector>

#include "oci/manifest.h"
#include "transfer/image_manifest.h"
#include "transfer/image_source.h"

namespace n2c {

/// The manifests, each after those that it lists and the one that it is about (its subject), so the
/// root is the last; and every distinct blob.
/// Layers that must not be distributed (Docker's foreign ones) are not among the blobs.
struct ImageTree {
  std::vector<oci::RawManifest> manifests;
  std::vector<oci::Descriptor> blobs;
  std::size_t foreign_layers = 0;  ///< left out
  /// The platforms whose images an index lists and the source does not hold. They are not in the
  /// root, which is another one then.
  std::vector<std::string> absent{};
  const oci::RawManifest& root() const { return manifests.back(); }
};

/// Reads what `root` names, down to the blobs' descriptors. Throws Error{input} for manifests that
/// cannot be understood, that are nested more than 4 deep, and for more than 1000 manifests or 64
/// MiB of them.
ImageTree read_tree(ImageSource& source, oci::RawManifest root, std::stop_token stop);

/// The same with every manifest in that format, and the same blobs. A manifest that is in it
/// already keeps its bytes. Of others all members stay, also those that Docker's format does not
/// know. Throws Error{usage} for media types that the format has no word for (artifacts, in
/// Docker's), and Error{input} for a manifest whose own is none of a manifest.
ImageTree in_format(const ImageTree& tree, ManifestFormat format);

}  // namespace n2c
