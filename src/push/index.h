#pragma once
/// One index of several images, each for its own platform: made, written, and its images with it.

#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "image/image.h"
#include "push/destination.h"
#include "push/image_source.h"
#include "push/progress.h"
#include "push/push.h"

namespace n2c {

/// An image of the index to be. A stored index gives all of its images.
struct IndexPart {
  std::string name;  ///< for people: as it was written
  std::variant<std::shared_ptr<ImageSource>, Image> source;
  /// In place of what the image's config says: a variant, say, which image.json has no word for.
  std::optional<oci::Platform> platform{};
};

struct IndexOptions {
  oci::Annotations annotations{};  ///< of the index
  /// Of each image's descriptor in it, over those that it has in the index it comes from.
  oci::Annotations descriptor_annotations{};
  /// How images are pushed; `tags` and `must_be` are the index's.
  PushOptions push{};
};

struct IndexReport {
  oci::Descriptor index;
  std::vector<oci::Descriptor> manifests;          ///< with their platforms
  std::size_t present = 0, mounted = 0, sent = 0;  ///< blobs, of all images
  std::uint64_t bytes_sent = 0;
};

/// Writes every image by digest, then the index under its tags. A blob that images share is
/// sent once. Throws Error{input} when two images are for one platform or one does not say
/// which it is for; whatever is thrown, no tag was written.
IndexReport push_index(const std::vector<IndexPart>& parts, BlobStore& store,
                       const IndexOptions& options, Progress& progress, std::stop_token stop);

/// An index part as people write it: "SOURCE", or "OS/ARCHITECTURE[/VARIANT]=SOURCE".
struct IndexArgument {
  std::optional<oci::Platform> platform;
  std::string source;
  static IndexArgument parse(std::string_view text);
};

}  // namespace n2c
