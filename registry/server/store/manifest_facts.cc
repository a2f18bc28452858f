#include "registry/server/store/manifest_facts.h"

#include "base/text.h"
#include "go/encoding_json.h"
#include "oci/media_type.h"

namespace n2c::registry {

namespace {

using go::Json;

Parsed<oci::Digest> digest_of(const Json* descriptor, std::string_view field) {
  if (descriptor == nullptr || descriptor->as_object() == nullptr) {
    return std::unexpected(cat(field, " is not a descriptor"));
  }
  auto digest = oci::Digest::parse(descriptor->text_at("digest"));
  if (!digest) return std::unexpected(cat(field, ": ", digest.error()));
  return digest;
}

/// A blob that has to be in the repository.
void add_blob(const Json& descriptor, const oci::Digest& digest, ManifestFacts& facts) {
  facts.blobs.push_back(digest);
  const Json* size = descriptor.find("size");
  const auto bytes = size == nullptr ? std::nullopt : size->as_int();
  if (bytes && *bytes >= 0) facts.sizes.emplace(digest, static_cast<std::uint64_t>(*bytes));
}

bool may_be_elsewhere(const Json& descriptor) {
  if (oci::is_foreign_layer(descriptor.text_at("mediaType"))) return true;
  const Json* urls = descriptor.find("urls");
  return urls != nullptr && urls->as_array() != nullptr && !urls->as_array()->empty();
}

/// The elements of an array of descriptors; absent and null are empty.
Parsed<const Json::Array*> list_at(const Json& manifest, std::string_view field) {
  static const Json::Array none;
  const Json* list = manifest.find(field);
  if (list == nullptr || list->is_null()) return &none;
  if (list->as_array() == nullptr) return std::unexpected(cat(field, " is not a list"));
  return list->as_array();
}

Parsed<void> read_image(const Json& manifest, ManifestFacts& facts) {
  const auto config = digest_of(manifest.find("config"), "config");
  if (!config) return std::unexpected(config.error());
  add_blob(*manifest.find("config"), *config, facts);
  const auto layers = list_at(manifest, "layers");
  if (!layers) return std::unexpected(layers.error());
  for (const Json& layer : **layers) {
    const auto digest = digest_of(&layer, "layers");
    if (!digest) return std::unexpected(digest.error());
    if (!may_be_elsewhere(layer)) add_blob(layer, *digest, facts);
  }
  if (facts.artifact_type.empty()) {
    facts.artifact_type = manifest.find("config")->text_at("mediaType");
  }
  return {};
}

Parsed<void> read_index(const Json& index, ManifestFacts& facts) {
  const auto children = list_at(index, "manifests");
  if (!children) return std::unexpected(children.error());
  for (const Json& child : **children) {
    const auto digest = digest_of(&child, "manifests");
    if (!digest) return std::unexpected(digest.error());
    const std::string media_type = child.text_at("mediaType");
    // BuildKit's registry cache is an index whose children are layers.
    const bool manifest =
        media_type.empty() || oci::is_index(media_type) || oci::is_manifest(media_type);
    (manifest ? facts.manifests : facts.blobs).push_back(*digest);
  }
  return {};
}

oci::Annotations annotations_of(const Json& manifest) {
  oci::Annotations annotations;
  const Json* object = manifest.find("annotations");
  if (object == nullptr || object->as_object() == nullptr) return annotations;
  for (const auto& [key, value] : *object->as_object()) {
    if (value.as_string() != nullptr) annotations[key] = *value.as_string();
  }
  return annotations;
}

}  // namespace

Parsed<ManifestFacts> read_manifest_facts(std::string_view json, std::string_view media_type) {
  const auto manifest = Json::parse(json);
  if (!manifest) return std::unexpected("no JSON: " + manifest.error());
  if (manifest->as_object() == nullptr) return std::unexpected("no JSON object");
  const Json* version = manifest->find("schemaVersion");
  if (version == nullptr || version->as_int() != 2)
    return std::unexpected("schemaVersion is not 2");
  ManifestFacts facts{.media_type = manifest->text_at("mediaType"),
                      .artifact_type = manifest->text_at("artifactType"),
                      .annotations = annotations_of(*manifest)};
  const auto read =
      oci::is_index(media_type) ? read_index(*manifest, facts) : read_image(*manifest, facts);
  if (!read) return std::unexpected(read.error());
  if (const Json* subject = manifest->find("subject"); subject != nullptr && !subject->is_null()) {
    auto digest = digest_of(subject, "subject");
    if (!digest) return std::unexpected(digest.error());
    facts.subject = *std::move(digest);
  }
  return facts;
}

std::string manifest_type(std::string_view json, std::string_view declared) {
  const auto is_known = [](std::string_view type) {
    return oci::is_index(type) || oci::is_manifest(type);
  };
  if (is_known(declared) && json.contains(declared)) return std::string(declared);
  const auto manifest = Json::parse(json);
  if (!manifest || manifest->as_object() == nullptr) return std::string(declared);
  if (std::string own = manifest->text_at("mediaType"); is_known(own)) return own;
  const bool lists = manifest->find("manifests") != nullptr;
  if (lists && !oci::is_index(declared)) return std::string(oci::media_type::index);
  const bool has_config = manifest->find("config") != nullptr;
  if (has_config && !lists && !oci::is_manifest(declared)) {
    return std::string(oci::media_type::manifest);
  }
  return std::string(declared);
}

}  // namespace n2c::registry
