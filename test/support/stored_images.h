#pragma once
/// Small whole images, made in memory, and the places tests put them into.

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "base/text.h"
#include "oci/config.h"
#include "oci/manifest.h"
#include "transfer/blob_store.h"
#include "transfer/image_source.h"

namespace n2c::test {

inline oci::Descriptor describe(std::string_view media_type, std::string_view bytes) {
  return {.media_type = std::string(media_type),
          .digest = oci::Digest::of(bytes),
          .size = bytes.size()};
}

/// A manifest with the blobs it names. The layers are not tars: nothing here looks inside.
struct StoredImage {
  std::string json;
  oci::Descriptor manifest = describe(oci::media_type::manifest, "");
  std::map<oci::Digest, std::string> blobs;
  std::vector<oci::Descriptor> parts;  ///< config first
};

inline StoredImage stored_image(std::vector<std::string> layers,
                                std::string architecture = "amd64") {
  StoredImage image;
  oci::Config config{.platform = {.os = "linux", .architecture = std::move(architecture)}};
  oci::Manifest manifest{.config = describe(oci::media_type::config, "")};
  for (const std::string& layer : layers) {
    manifest.layers.push_back(describe(oci::media_type::layer_tar, layer));
    config.diff_ids.push_back(manifest.layers.back().digest);
    image.blobs[manifest.layers.back().digest] = layer;
  }
  const std::string config_json = config.to_json();
  manifest.config = describe(oci::media_type::config, config_json);
  image.blobs[manifest.config.digest] = config_json;
  image.parts = manifest.layers;
  image.parts.insert(image.parts.begin(), manifest.config);
  image.json = manifest.to_json();
  image.manifest = describe(oci::media_type::manifest, image.json);
  return image;
}

inline void put_blobs(BlobStore& store, const StoredImage& image) {
  for (const oci::Descriptor& part : image.parts) {
    std::atomic<std::uint64_t> sent = 0;
    store.put(MemorySource(image.blobs.at(part.digest)), part.media_type, part, sent, {});
  }
}

inline void put_image(BlobStore& store, const StoredImage& image, std::vector<std::string> tags) {
  put_blobs(store, image);
  CHECK(store.put_manifest(image.manifest, image.json, tags, {}).stored());
}

/// The image as it comes out of a source has the bytes that went in.
inline void check_holds(ImageSource& source, const StoredImage& image) {
  const oci::RawManifest root = source.root({});
  CHECK(root.json == image.json);
  CHECK(root.descriptor.digest == image.manifest.digest);
  for (const oci::Descriptor& part : image.parts) {
    CHECK(read_all(*source.open_blob(part, {}), 1 << 20) == image.blobs.at(part.digest));
  }
}

}  // namespace n2c::test
