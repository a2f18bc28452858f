#include "image/base_image.h"

#include <array>
#include <map>

#include "base/text.h"
#include "go/encoding_json.h"
#include "oci/config.h"

namespace n2c {

namespace {

namespace mt = oci::media_type;
using Log = std::function<void(std::string_view)>;
/// The file of a blob, by the hex of its digest.
using LocateBlob = std::function<std::string(const std::string& hex)>;

/// G2.2
std::string layer_media_type(std::string_view of_manifest) {
  if (of_manifest == mt::docker_layer_tar) return std::string(mt::layer_tar);
  if (of_manifest == mt::docker_layer_gzip) return std::string(mt::layer_gzip);
  for (const std::string_view same : {mt::layer_tar, mt::layer_gzip, mt::layer_zstd}) {
    if (of_manifest == same) return std::string(same);
  }
  throw Error(
      ErrorKind::input, cat("unsupported media type: \"", printable(of_manifest, 120), "\""),
      "base layers are plain tars, gzip or zstd; foreign and encrypted layers have no bytes "
      "here");
}

ImageRecord read_image(const std::string& manifest_file, const StoreView& store,
                       const LocateBlob& locate, const Log& log) {
  const auto manifest =
      or_throw(oci::Manifest::from_json(read_description(store.locate_file(manifest_file))),
               ErrorKind::input, manifest_file);
  const std::string config_file = locate(manifest.config.digest.hex());
  const auto facts =
      or_throw(oci::read_config_facts(read_description(store.locate_file(config_file))),
               ErrorKind::input, config_file);
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
    // G2.1: upstream leaves the size at 0; a push takes the file's.
    image.layers->push_back({.digest = layer.digest.str(),
                             .diff_id = facts.diff_ids[i].str(),
                             .media_type = layer_media_type(layer.media_type),
                             .layer_path = file});
  }
  return image;
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

ImageRecord image_from_dir(const std::string& dir, const StoreView& store, const Log& log) {
  const auto locate = [&](const std::string& hex) { return cat(dir, '/', hex); };
  return read_image(dir + "/manifest.json", store, locate, log);
}

ImageRecord image_from_manifest(const std::string& manifest, const std::string& blobs,
                                const StoreView& store, const Log& log) {
  const auto files = read_blob_map(blobs, store);
  const auto locate = [&](const std::string& hex) {
    const auto file = files.find(hex);
    if (file == files.end() || file->second.empty()) {
      throw Error(ErrorKind::input, cat(blobs, ": no file for blob ", hex, " of ", manifest),
                  "the map's keys are hex digests without \"sha256:\"");
    }
    return file->second;
  };
  return read_image(manifest, store, locate, log);
}

}  // namespace n2c
