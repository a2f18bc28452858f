#include "transfer/manifest_blobs.h"

#include <memory>
#include <string>
#include <string_view>

#include "base/stream.h"
#include "oci/digest.h"
#include "transfer/image_manifest.h"

namespace n2c {

ManifestBlobs manifest_blobs(const Image& image, std::span<const Blob> layers) {
  const auto text_blob = [](std::string_view media_type, const std::string& text) {
    return Blob{oci::describe(media_type, text), std::make_shared<MemorySource>(text)};
  };
  const Blob config = text_blob(oci::media_type::config, image.config_json);
  std::vector<oci::Descriptor> forms;
  for (const Blob& layer : layers) forms.push_back(layer.descriptor);
  const oci::Manifest manifest = make_manifest(image, std::move(forms), ManifestFormat::oci);
  const Blob top = text_blob(manifest.media_type, manifest.to_json());
  ManifestBlobs made{top.descriptor, {top, config}};
  made.blobs.insert(made.blobs.end(), layers.begin(), layers.end());
  return made;
}

}  // namespace n2c
