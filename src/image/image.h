#pragma once
/// An image as n2c sends it: a config and layers that can be opened again and again.

#include <memory>
#include <string>
#include <vector>

#include "oci/config.h"
#include "oci/manifest.h"

namespace n2c {

/// Bytes with their digest, size and media type, that can be opened again.
struct Blob {
  oci::Descriptor descriptor;
  std::shared_ptr<const ByteSource> bytes;
};

/// One layer as described: the digest of its plain tar (diff_id), and its bytes as stored, whose
/// media type tells the form. A layer made from store paths is stored as a plain tar, a base
/// image's layer often as gzip.
struct Layer {
  oci::Digest diff_id;
  Blob blob;
  /// What it holds, for people: "nodejs-20.1.0", "12 store paths"; may be empty.
  std::string label{};
  std::size_t path_count = 0;  ///< the store paths that are known to be in it
};

struct Image {
  std::string config_json;
  oci::Platform platform;
  std::vector<Layer> layers;
  oci::Annotations annotations{};  ///< of its manifest, wherever one is made
};

/// The diff_ids of the layers, lowest first, as the config's rootfs lists them.
inline std::vector<oci::Digest> diff_ids_of(const Image& image) {
  std::vector<oci::Digest> diff_ids;
  for (const Layer& layer : image.layers) diff_ids.push_back(layer.diff_id);
  return diff_ids;
}

}  // namespace n2c
