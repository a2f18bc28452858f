#pragma once
/// The images of which an index is made: as they were written, and as they were found.

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "image/image.h"
#include "transfer/image_source.h"

namespace n2c {

/// An image of the index to be. A stored index gives all of its images.
struct IndexPart {
  std::string name;  ///< for people: as it was written
  std::variant<std::shared_ptr<ImageSource>, Image> source;
  /// Replaces the platform of the image's config. It can have a variant, for which image.json has
  /// no key.
  std::optional<oci::Platform> platform{};
};

/// An index part as people write it: "SOURCE", or "OS/ARCHITECTURE[/VARIANT]=SOURCE".
struct IndexArgument {
  std::optional<oci::Platform> platform;
  std::string source;
  static IndexArgument parse(std::string_view text);
};

/// A stored manifest, and the source that has it as its root.
struct StoredEntry {
  std::shared_ptr<ImageSource> source;
  oci::Descriptor manifest;
};

/// One entry of the index to be.
struct IndexEntry {
  std::string part;  ///< its name
  /// An image that is only described belongs to the part.
  std::variant<StoredEntry, const Image*> image;
  oci::Platform platform;
  oci::Annotations annotations{};        ///< said of it in the index it comes from
  std::string more{};                    ///< what else is said there (oci::Descriptor::more)
  std::optional<oci::Digest> subject{};  ///< what it is about
};

/// Reads the manifests of stored images, and no layer. The parts must outlive the result. Throws
/// Error{input} when two images are for one platform, or an image does not say its platform.
std::vector<IndexEntry> read_parts(const std::vector<IndexPart>& parts, std::stop_token stop);

}  // namespace n2c
