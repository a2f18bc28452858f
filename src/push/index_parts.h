#pragma once
/// The images an index is to be made of: as they were written, and as they were found.

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "image/image.h"
#include "push/image_source.h"

namespace n2c {

/// An image of the index to be. A stored index gives all of its images.
struct IndexPart {
  std::string name;  ///< for people: as it was written
  std::variant<std::shared_ptr<ImageSource>, Image> source;
  /// In place of what the image's config says: a variant, say, which image.json has no word for.
  std::optional<oci::Platform> platform{};
};

/// An index part as people write it: "SOURCE", or "OS/ARCHITECTURE[/VARIANT]=SOURCE".
struct IndexArgument {
  std::optional<oci::Platform> platform;
  std::string source;
  static IndexArgument parse(std::string_view text);
};

/// A manifest that is stored somewhere, and what has it as its root.
struct StoredEntry {
  std::shared_ptr<ImageSource> source;
  oci::Descriptor manifest;
};

/// One entry of the index to be.
struct IndexEntry {
  std::string part;  ///< its name
  /// What is only described belongs to the part.
  std::variant<StoredEntry, const Image*> image;
  oci::Platform platform;
  oci::Annotations annotations{};  ///< said of it in the index it comes from
};

/// Reads the manifests of what is stored, and nothing that is larger. The parts outlive what comes
/// out. Throws Error{input} when two images are for one platform or one does not say which it is
/// for.
std::vector<IndexEntry> read_parts(const std::vector<IndexPart>& parts, std::stop_token stop);

}  // namespace n2c
