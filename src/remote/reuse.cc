#include "remote/reuse.h"

namespace n2c {

namespace mt = oci::media_type;

namespace {

std::optional<std::string> reusable_media_type(std::string_view media_type) {
  const auto word = oci::in_ocis_words(media_type);
  if (word == mt::layer_tar || word == mt::layer_gzip || word == mt::layer_zstd) {
    return std::string(*word);
  }
  return std::nullopt;
}

/// Not an index in the index, nor an attestation (buildkit lists those with this platform).
bool is_image(const oci::Descriptor& listed) {
  return oci::is_manifest(listed.media_type) &&
         (!listed.platform || listed.platform->os != "unknown");
}

}  // namespace

PairedLayers pair_forms(const oci::Manifest& manifest, const std::vector<oci::Digest>& diff_ids) {
  PairedLayers forms;
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

PairedLayers find_forms(registry::RegistryClient& client, const oci::RawManifest& image,
                        std::stop_token stop) {
  const auto manifest = oci::Manifest::from_json(image.json);
  if (!manifest || oci::is_index(image.descriptor.media_type) ||
      manifest->config.size > oci::max_manifest_bytes) {
    return {};
  }
  const auto config = client.open_blob(manifest->config, stop);
  const auto facts = oci::read_config_facts(read_all(*config, oci::max_manifest_bytes));
  return facts ? pair_forms(*manifest, facts->diff_ids) : PairedLayers{};
}

std::vector<oci::Descriptor> worth_a_look(const oci::Index& held,
                                          const std::set<oci::Digest>& expected, bool lacks_forms) {
  std::vector<oci::Descriptor> looked_at;
  std::size_t learnt_from = 0;
  for (const oci::Descriptor& listed : held.manifests) {
    if (expected.contains(listed.digest)) {
      looked_at.push_back(listed);
    } else if (lacks_forms && learnt_from < max_learnt_from && is_image(listed)) {
      ++learnt_from;
      looked_at.push_back(listed);
    }
  }
  return looked_at;
}

}  // namespace n2c
