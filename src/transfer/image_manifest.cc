#include "transfer/image_manifest.h"

#include "base/error.h"

namespace n2c {

namespace mt = oci::media_type;

oci::Manifest make_manifest(const Image& image, std::vector<oci::Descriptor> layers,
                            ManifestFormat format, oci::Annotations annotations) {
  annotations.insert(image.annotations.begin(), image.annotations.end());
  oci::Manifest manifest{.media_type = std::string(mt::manifest),
                         .config = oci::describe(mt::config, image.config_json),
                         .layers = std::move(layers),
                         .annotations = std::move(annotations)};
  if (format == ManifestFormat::oci) return manifest;
  manifest.media_type = mt::docker_manifest;
  manifest.config.media_type = mt::docker_config;
  for (oci::Descriptor& layer : manifest.layers) {
    if (layer.media_type == mt::layer_zstd) {
      throw Error(ErrorKind::usage, "Docker's manifest format has no zstd layers",
                  "use --compression gzip or --format oci");
    }
    layer.media_type = oci::in_dockers_words(layer.media_type).value_or(layer.media_type);
  }
  return manifest;
}

}  // namespace n2c
