#include "describe/base_image.h"

#include <filesystem>
#include <map>

#include "base/text.h"
#include "describe/config_merge.h"
#include "go/encoding_json.h"
#include "oci/config.h"

namespace n2c {

namespace {

namespace mt = oci::media_type;
using Log = std::function<void(std::string_view)>;
/// The file of a blob, by the hex of its digest.
using LocateBlob = std::function<std::string(const std::string& hex)>;

/// docs/format.md G2.2
std::string layer_media_type(std::string_view of_manifest) {
  const auto word = oci::in_ocis_words(of_manifest);
  if (word == mt::layer_tar || word == mt::layer_gzip || word == mt::layer_zstd) {
    return std::string(*word);
  }
  throw Error(
      ErrorKind::input, cat("unsupported media type: \"", printable(of_manifest, 120), "\""),
      "base layers are plain tars, gzip or zstd; foreign and encrypted layers have no bytes "
      "here");
}

std::vector<oci::History> histories_of_layers(std::vector<oci::History> history) {
  std::erase_if(history, [](const oci::History& one) { return one.empty_layer; });
  return history;
}

void keep_config(ImageRecord& image, std::string_view config_json, const std::string& config_file) {
  const std::size_t layers = image.layers ? image.layers->size() : 0;
  auto base = or_throw(read_base_config(config_json, layers), ErrorKind::input, config_file);
  image.container = std::move(base.container);
  image.arch = base.platform.architecture;
  const auto each = histories_of_layers(base.history);
  for (std::size_t i = 0; i < layers; ++i) (*image.layers)[i].history = each[i];
  if (base.history.size() > layers) image.history = std::move(base.history);
}

ImageRecord read_image(const std::string& manifest_file, std::string_view manifest_json,
                       const StoreView& store, const LocateBlob& locate, const Log& log,
                       BaseConfigUse config) {
  const auto manifest =
      or_throw(oci::Manifest::from_json(manifest_json), ErrorKind::input, manifest_file);
  const std::string config_file = locate(manifest.config.digest.hex());
  const std::string config_json = read_described_file(store.locate_file(config_file));
  const auto facts = or_throw(oci::read_config_facts(config_json), ErrorKind::input, config_file);
  if (facts.diff_ids.size() < manifest.layers.size()) {
    throw Error(ErrorKind::input,
                cat(config_file, ": rootfs.diff_ids: ", facts.diff_ids.size(), " for ",
                    manifest.layers.size(), " layers in ", manifest_file));
  }
  ImageRecord image;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const oci::Descriptor& layer = manifest.layers[i];
    const std::string file = locate(layer.digest.hex());
    log(cat("Adding tar file '", file, "' as image layer"));
    if (!image.layers) image.layers.emplace();
    // docs/format.md G2.1: upstream leaves the size at 0; a push takes the file's.
    image.layers->push_back({.digest = layer.digest.str(),
                             .diff_id = facts.diff_ids[i].str(),
                             .media_type = layer_media_type(layer.media_type),
                             .layer_path = file});
  }
  if (config == BaseConfigUse::kept) keep_config(image, config_json, config_file);
  return image;
}

void put_under(ImageRecord& image, const oci::ContainerConfig& base, const Log& log) {
  if (const auto& triggers = base.docker.on_build; triggers && !triggers->empty()) {
    log(cat("the base image's OnBuild is not taken over: its ", triggers->size(),
            triggers->size() == 1 ? " instruction is" : " instructions are",
            " for a Dockerfile's build on it"));
  }
  image.container = merge_configs(base, image.container);
}

std::map<std::string, std::string> read_blob_map(const std::string& file, const StoreView& store) {
  const auto json =
      or_throw(go::Json::parse(read_description(store.locate_file(file))), ErrorKind::input, file);
  std::map<std::string, std::string> blobs;
  if (const auto wrong = go::decode(json, blobs)) {
    throw Error(ErrorKind::input, cat(file, ": ", wrong->str()));
  }
  return blobs;
}

}  // namespace

ImageRecord image_from_dir(const std::string& dir, const StoreView& store, const Log& log,
                           BaseConfigUse config) {
  const auto locate = [&](const std::string& hex) { return cat(dir, '/', hex); };
  const std::string manifest = dir + "/manifest.json";
  return read_image(manifest, read_described_file(store.locate_file(manifest)), store, locate, log,
                    config);
}

ImageRecord image_from_manifest(const std::string& manifest, const std::string& blobs,
                                const StoreView& store, const Log& log, BaseConfigUse config) {
  const auto files = read_blob_map(blobs, store);
  const auto locate = [&](const std::string& hex) {
    const auto file = files.find(hex);
    if (file == files.end() || file->second.empty()) {
      throw Error(ErrorKind::input, cat(blobs, ": no file for blob ", hex, " of ", manifest),
                  "the map's keys are hex digests without \"sha256:\"");
    }
    return file->second;
  };
  return read_image(manifest, read_description(store.locate_file(manifest)), store, locate, log,
                    config);
}

void merge_base_config(ImageRecord& image, const ImageRecord& base, const StoreView& store,
                       const Log& log) {
  std::vector<LayerRecord>& layers = *image.layers;
  // A base's config may be empty; only a description without it has no architecture either
  // (docs/format.md G2.3).
  const bool knows_config = !base.arch.empty() || base.container.to_json().compact() != "{}";
  if (knows_config || layers.empty()) {
    put_under(image, base.container, log);
    image.history = base.history;
    return;
  }
  const auto dir = std::filesystem::path(layers.front().layer_path).parent_path().string();
  if (dir.empty() || !std::filesystem::exists(store.locate_file(dir + "/manifest.json"))) {
    throw Error(ErrorKind::input, "the base image's description does not hold its config",
                "make it with image-from-dir or image-from-manifest and --with-config");
  }
  const ImageRecord whole =
      image_from_dir(dir, store, [](std::string_view) {}, BaseConfigUse::kept);
  put_under(image, whole.container, log);
  for (std::size_t i = 0; i < layers.size() && i < whole.layers->size(); ++i) {
    if (layers[i].history == oci::History{}) layers[i].history = (*whole.layers)[i].history;
  }
  if (oci::layers_in(whole.history) == layers.size()) image.history = whole.history;
}

}  // namespace n2c
