#include "places/image_summary.h"

#include "base/error.h"
#include "base/text.h"
#include "go/rfc3339.h"
#include "transfer/image_manifest.h"

namespace n2c {

namespace {

/// Reads what the image's manifest names.
void add_image(ImageSummary& summary, oci::RawManifest image) {
  summary.manifest = or_throw(oci::Manifest::from_json(image.json), ErrorKind::input,
                              cat(summary.place, ": manifest ", image.descriptor.digest.brief()));
  summary.image = std::move(image);
}

go::Json or_null(const go::Json* json) { return json == nullptr ? go::Json() : *json; }

go::Json json_of(const oci::Annotations& annotations) {
  go::Json json(go::Json::Object{});
  for (const auto& [key, value] : annotations) json.set(key, value);
  return json;
}

std::string platform_of(const go::Json& config) {
  oci::Platform platform{.os = config.text_at("os"),
                         .architecture = config.text_at("architecture"),
                         .variant = config.text_at("variant")};
  return platform.str();
}

go::Json json_of_layers(const std::vector<oci::Descriptor>& stored, const go::Json& config) {
  const go::Json* rootfs = config.find("rootfs");
  const go::Json* diff_ids = rootfs == nullptr ? nullptr : rootfs->find("diff_ids");
  const auto* ids = diff_ids == nullptr ? nullptr : diff_ids->as_array();
  const bool is_paired = ids != nullptr && ids->size() == stored.size();
  go::Json layers(go::Json::Array{});
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const oci::Descriptor& layer = stored[i];
    go::Json json;
    json.set("digest", layer.digest.str());
    if (is_paired) json.set("diff_id", (*ids)[i]);
    json.set("media_type", layer.media_type).set("size", go::Json(layer.size));
    layers.push(std::move(json));
  }
  return layers;
}

}  // namespace

void require_image(const ImageSummary& summary) {
  if (summary.image) return;
  throw Error(ErrorKind::input,
              cat(summary.place, ": no image for ", oci::Platform::of_this_machine().str(),
                  " in the index"),
              "--platform chooses another");
}

ImageSummary summarize(ImageSource& source, const std::optional<oci::Platform>& platform,
                       std::stop_token stop) {
  ImageSummary summary{.place = source.str(), .root = source.root(stop)};
  if (!oci::is_index(summary.root.descriptor.media_type)) {
    add_image(summary, summary.root);
  } else {
    summary.index =
        or_throw(oci::Index::from_json(summary.root.json), ErrorKind::input, summary.place);
    const auto wanted = platform.value_or(oci::Platform::of_this_machine());
    if (platform || summary.index->find(wanted) != nullptr) {
      add_image(summary, manifest_for(source, wanted, stop));
    }
  }
  if (!summary.image) return summary;
  summary.config_json = read_config(source, summary.manifest->config, stop);
  return summary;
}

oci::RawManifest manifest_of_plain_layers(const Image& image, ManifestFormat format) {
  std::vector<oci::Descriptor> layers;
  for (const Layer& layer : image.layers) {
    layers.push_back(layer.blob.descriptor);
    // What skopeo calls them there, plain as they are, so that the digest is the one it says.
    if (format == ManifestFormat::docker) layers.back().media_type = oci::media_type::layer_gzip;
  }
  const oci::Manifest manifest = make_manifest(image, std::move(layers), format);
  return oci::RawManifest::of(manifest.media_type, manifest.to_json());
}

ImageSummary summarize(const Image& image, std::string place, oci::RawManifest manifest) {
  ImageSummary summary{.place = std::move(place), .root = manifest};
  add_image(summary, std::move(manifest));
  summary.config_json = image.config_json;
  return summary;
}

go::Json config_of(const ImageSummary& summary) {
  require_image(summary);
  return or_throw(go::Json::parse(summary.config_json), ErrorKind::input,
                  summary.place + ": config");
}

go::Json json_of(const ImageSummary& summary) {
  const oci::Descriptor& root = summary.root.descriptor;
  go::Json json;
  json.set("name", summary.place).set("digest", root.digest.str());
  json.set("media_type", root.media_type).set("size", go::Json(root.size));
  if (summary.index) {
    go::Json platforms(go::Json::Array{});
    for (const oci::Descriptor& one : summary.index->manifests) {
      go::Json entry;
      entry.set("platform", one.platform ? go::Json(one.platform->str()) : go::Json());
      entry.set("digest", one.digest.str()).set("media_type", one.media_type);
      platforms.push(std::move(entry.set("size", go::Json(one.size))));
    }
    json.set("platforms", std::move(platforms));
    json.set("annotations", json_of(summary.index->annotations));
  }
  if (!summary.image) return json;
  const go::Json config = config_of(summary);
  const oci::Manifest& manifest = *summary.manifest;
  go::Json image;
  image.set("digest", summary.image->descriptor.digest.str());
  image.set("media_type", summary.image->descriptor.media_type);
  image.set("config_digest", manifest.config.digest.str());
  image.set("platform", platform_of(config)).set("created", or_null(config.find("created")));
  image.set("layers", json_of_layers(manifest.layers, config))
      .set("config", or_null(config.find("config")));
  return json.set("image", std::move(image.set("annotations", json_of(manifest.annotations))));
}

go::Json skopeo_json_of(const ImageSummary& summary, const std::string& name,
                        const std::vector<std::string>& tags) {
  const go::Json config = config_of(summary);
  const go::Json* container = config.find("config");
  const auto of_container = [&](std::string_view key) {
    return or_null(container == nullptr ? nullptr : container->find(key));
  };
  go::Json layers(go::Json::Array{});
  go::Json data(go::Json::Array{});
  for (const oci::Descriptor& layer : summary.manifest->layers) {
    layers.push(layer.digest.str());
    go::Json one;
    one.set("MIMEType", layer.media_type).set("Digest", layer.digest.str());
    one.set("Size", go::Json(layer.size));
    one.set("Annotations", layer.annotations.empty() ? go::Json() : json_of(layer.annotations));
    data.push(std::move(one));
  }
  go::Json json;
  if (!name.empty()) json.set("Name", name);
  json.set("Digest", summary.root.descriptor.digest.str());
  json.set("RepoTags", go::Json(go::Json::Array(tags.begin(), tags.end())));
  // As Go's time writes it: "Z" where there is no offset.
  const std::string created = config.text_at("created");
  json.set("Created",
           created.empty() ? go::Json() : go::Json(go::rewrite_rfc3339(created).value_or(created)));
  json.set("DockerVersion", config.text_at("docker_version"));
  json.set("Labels", of_container("Labels"));
  json.set("Architecture", config.text_at("architecture")).set("Os", config.text_at("os"));
  json.set("Layers", std::move(layers)).set("LayersData", std::move(data));
  return json.set("Env", of_container("Env"));
}

}  // namespace n2c
