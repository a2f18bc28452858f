/// From an image's description to layers that can be opened.

#include <sys/stat.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "image/checked_sources.h"
#include "image/image_json.h"
#include "image/store_layer.h"
#include "image/trusted_places.h"

namespace n2c {

namespace {

/// The hint when a layer made again has other bytes than when it was described. Known causes: a
/// store that differs between build and push, as where a sandbox replaced symlinks by files
/// (NixOS/nix#10525), and files changed in place (nix2container#37, #97, #127).
constexpr std::string_view store_differs_hint =
    "the store paths of this layer are not what they were when it was described: compare them "
    "with `nix-store --verify-path`, build the layer again where it is pushed from, or "
    "describe it with layers-from-non-reproducible-storepaths, which keeps the tar";
constexpr std::string_view file_differs_hint =
    "the layer's file changed or was cut since it was described: make it again";

/// Whether the bytes are a tar, compressed or not. Others are passed on as they are (docs/format.md
/// A6.3).
bool is_tar(std::string_view media_type) {
  return media_type == oci::media_type::layer_tar || media_type == oci::media_type::layer_gzip ||
         media_type == oci::media_type::layer_zstd;
}

/// The layer's own file, checked in every way it can be.
std::shared_ptr<const ByteSource> layer_file(const std::filesystem::path& file,
                                             const oci::Descriptor& blob,
                                             const oci::Digest& diff_id, bool is_trusted) {
  std::unique_ptr<ByteSource> source;
  if (is_trusted) {
    source = std::make_unique<FileSource>(file);
  } else {
    source = std::make_unique<PinnedFileSource>(file);
  }
  source =
      std::make_unique<VerifiedSource>(std::move(source), blob, file.string(), file_differs_hint);
  if (!is_trusted) source = std::make_unique<CheckedFirstSource>(std::move(source));
  if (!is_tar(blob.media_type) || diff_id == blob.digest) return source;
  return std::make_shared<UnpackCheckedSource>(std::move(source), diff_id,
                                               file.string() + " unpacked");
}

Error wrong(std::string_view key, std::string_view why) {
  return {ErrorKind::input, cat(key, ": ", why)};
}

std::uint64_t size_of_layer_file(const std::filesystem::path& file) {
  struct stat status{};
  const std::string shown = printable(file.string(), 300);
  if (::stat(file.c_str(), &status) != 0) {
    throw Error(ErrorKind::input,
                cat("layer-path: ", shown, ": ", std::generic_category().message(errno)),
                "the layer's file must be on the machine that pushes; --store-root says where");
  }
  if (!S_ISREG(status.st_mode)) throw wrong("layer-path", shown + ": not a regular file");
  return static_cast<std::uint64_t>(status.st_size);
}

/// Checks a layer whose bytes are made from paths.
void check_made_from_paths(const LayerRecord& record, const Layer& layer) {
  if (!record.paths) {
    throw Error(ErrorKind::input, "neither layer-path nor paths: the layer has no bytes",
                "build image.json again; a base image needs every blob of its manifest");
  }
  require_known_options(*record.paths);
  if (record.size < 0) throw wrong("size", cat(record.size, " is negative"));
  const oci::Digest& digest = layer.blob.descriptor.digest;
  if (digest.algorithm() == layer.diff_id.algorithm() && digest != layer.diff_id) {
    throw wrong("digest", "is not diff_ids, though without layer-path the layer is a plain tar");
  }
}

std::string named(const std::vector<StorePath>& paths) {
  if (paths.empty()) return "no store paths";
  const std::string first = printable(paths.front().path, 200);
  return paths.size() == 1 ? first : cat(first, " and ", paths.size() - 1, " more store paths");
}

/// The paths that each layer is made from; none for one that has a file.
std::shared_ptr<const StoreLayerSource::Layers> paths_of(const std::vector<LayerRecord>& layers) {
  auto paths = std::make_shared<StoreLayerSource::Layers>(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].layer_path.empty() && layers[i].paths) (*paths)[i] = *layers[i].paths;
  }
  return paths;
}

using MakeSource = std::function<std::unique_ptr<StoreLayerSource>()>;

/// `make_source`: how its tar is made, unless it has a file.
Layer make_layer(const LayerRecord& record, const StoreView& store, const TrustedPlaces& trusted,
                 const MakeSource& make_source) {
  Layer layer{.diff_id = or_throw(oci::Digest::parse(record.diff_id), ErrorKind::input, "diff_ids"),
              .blob = Blob{.descriptor =
                               oci::Descriptor{.media_type = record.media_type,
                                               .digest = or_throw(oci::Digest::parse(record.digest),
                                                                  ErrorKind::input, "digest")},
                           .bytes = nullptr},
              .label = record.paths ? label_of(*record.paths) : "",
              .path_count = record.paths ? record.paths->size() : 0};
  oci::Descriptor& blob = layer.blob.descriptor;
  // A file wins over paths: it may be compressed (docs/format.md Appendix III).
  if (!record.layer_path.empty()) {
    const auto file = store.locate_file(record.layer_path);
    blob.size = size_of_layer_file(file);
    layer.blob.bytes = layer_file(file, blob, layer.diff_id, trusted.hold(file));
    return layer;
  }
  check_made_from_paths(record, layer);
  blob.size = static_cast<std::uint64_t>(record.size);
  auto tar = std::make_unique<VerifiedSource>(
      make_source(), blob, "the tar of " + named(*record.paths), store_differs_hint);
  if (TrustedPlaces::hold(*record.paths)) {
    layer.blob.bytes = std::move(tar);
  } else {
    layer.blob.bytes = std::make_shared<CheckedFirstSource>(std::move(tar));
  }
  return layer;
}

}  // namespace

std::filesystem::path StoreView::locate(std::string_view path) const {
  if (root.empty() || !path.starts_with(store_folder)) return path;
  return root / path.substr(1);
}

std::filesystem::path StoreView::locate_file(std::string_view path) const {
  std::error_code ignored;
  auto below_root = locate(path);
  return std::filesystem::exists(below_root, ignored) ? below_root : std::filesystem::path(path);
}

Image load_image_json(const std::filesystem::path& file, const StoreView& store) {
  return make_image(read_image_json(file.string()), store, file);
}

void require_store_paths(const ImageRecord& record, const StoreView& store) {
  if (record.layers) require_paths(*paths_of(*record.layers), store);
}

Image make_image(const ImageRecord& record, const StoreView& store,
                 const std::filesystem::path& file) {
  const std::string named = printable(file.string(), 300);
  const TrustedPlaces trusted(store, file);
  Image image{.annotations = record.annotations};
  image.platform.architecture = record.arch;
  image.platform.variant = record.variant;
  oci::Config config{
      .created = record.created, .platform = image.platform, .container = record.container};
  const std::vector<LayerRecord> none;
  const auto& layers = record.layers ? *record.layers : none;
  std::shared_ptr<const StoreLayerSource::Layers> paths;  // a copy, once a layer is found right
  for (std::size_t i = 0; i < layers.size(); ++i) {
    image.layers.push_back(at_place(cat(named, ": layers[", i, "]"), [&] {
      return make_layer(layers[i], store, trusted, [&] {
        if (!paths) paths = paths_of(layers);
        return std::make_unique<StoreLayerSource>(paths, i, store);
      });
    }));
    config.diff_ids.push_back(image.layers.back().diff_id);
    config.history.push_back(layers[i].history);
  }
  if (!record.history.empty()) config.history = record.history;
  image.config_json = config.to_json();
  return image;
}

}  // namespace n2c
