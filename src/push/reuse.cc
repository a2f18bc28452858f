#include "push/reuse.h"

namespace n2c {

namespace mt = oci::media_type;

namespace {

std::optional<std::string> reusable_media_type(const std::string& media_type) {
  if (media_type == mt::docker_layer_tar) return std::string(mt::layer_tar);
  if (media_type == mt::docker_layer_gzip) return std::string(mt::layer_gzip);
  if (media_type == mt::layer_tar || media_type == mt::layer_gzip || media_type == mt::layer_zstd) {
    return media_type;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::pair<oci::Digest, oci::Descriptor>> pair_forms(
    const oci::Manifest& manifest, const std::vector<oci::Digest>& diff_ids) {
  std::vector<std::pair<oci::Digest, oci::Descriptor>> forms;
  if (manifest.layers.size() != diff_ids.size()) return forms;
  for (std::size_t i = 0; i < diff_ids.size(); ++i) {
    const oci::Descriptor& layer = manifest.layers[i];
    if (auto media_type = reusable_media_type(layer.media_type)) {
      forms.emplace_back(diff_ids[i], oci::Descriptor{.media_type = *std::move(media_type),
                                                      .digest = layer.digest,
                                                      .size = layer.size});
    }
  }
  return forms;
}

std::optional<HeldImage> find_held_image(registry::RegistryClient& client,
                                         std::string_view tag_or_digest,
                                         const std::optional<oci::Descriptor>& expected,
                                         std::stop_token stop) {
  const auto fetched = client.get_manifest(tag_or_digest, stop);
  if (!fetched) return std::nullopt;
  HeldImage held{.manifest = fetched->descriptor, .forms = {}};
  if (expected && held.manifest.digest == expected->digest) return held;
  const auto manifest = oci::Manifest::from_json(fetched->json);
  if (!manifest || oci::is_index(fetched->descriptor.media_type) ||
      manifest->config.size > oci::max_manifest_bytes) {
    return held;
  }
  const auto config = client.open_blob(manifest->config, stop);
  const auto facts = oci::read_config_facts(read_all(*config, oci::max_manifest_bytes));
  if (facts) held.forms = pair_forms(*manifest, facts->diff_ids);
  return held;
}

}  // namespace n2c
