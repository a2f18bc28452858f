#include "describe/inspection.h"

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "describe/path_size.h"

namespace n2c {

namespace {

/// Docker's overlay driver stops at 128 layers, and builders on top of an image add some.
constexpr std::size_t many_layers = 100;

std::uint64_t size_of(const LayerRecord& layer, const StoreView& store) {
  std::error_code failed;
  if (!layer.layer_path.empty()) {
    const auto file = store.locate_file(layer.layer_path);
    const auto status = std::filesystem::status(file, failed);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
      throw Error(ErrorKind::input,
                  cat("layer-path: ", printable(layer.layer_path), ": not a regular file"));
    }
    const auto size = std::filesystem::file_size(file, failed);
    if (!failed) return size;
  }
  return layer.size < 0 ? 0 : static_cast<std::uint64_t>(layer.size);
}

std::optional<LargestPath> largest_path(const LayerRecord& layer, const StoreView& store,
                                        const std::stop_token& stop) {
  if (!layer.paths) return std::nullopt;
  std::vector<std::string> paths;
  for (const StorePath& path : *layer.paths) paths.push_back(path.path);
  const auto sizes = path_sizes(paths, store, stop);
  const auto largest = std::ranges::max_element(sizes);
  if (largest == sizes.end() || !*largest) return std::nullopt;
  return LargestPath{paths[static_cast<std::size_t>(largest - sizes.begin())], **largest};
}

void warn_of_one_heavy_layer(ImageFacts& image) {
  const auto heavy = std::ranges::max_element(image.layers, {}, &LayerFacts::size);
  if (heavy == image.layers.end() || heavy->size <= image.size / 2) return;
  if (heavy->path_count < 2 && image.layers.size() < 2) return;
  const auto place = heavy - image.layers.begin() + 1;
  std::string warning = cat("layer ", place, " holds ", brief_bytes(heavy->size), " of ",
                            brief_bytes(image.size), ": ");
  if (heavy->path_count > 1) {
    warning += cat("a change of any of its ", heavy->path_count,
                   " paths sends all of it; try a higher --max-layers or --layer-strategy size");
  } else {
    warning += "it cannot be split, so each change of it sends all of it";
  }
  image.warnings.push_back(std::move(warning));
}

}  // namespace

ImageFacts inspect_image(const ImageRecord& image, const StoreView& store,
                         const std::stop_token& stop) {
  ImageFacts facts;
  std::unordered_set<std::string> digests;
  const std::vector<LayerRecord> none;
  for (const LayerRecord& layer : image.layers ? *image.layers : none) {
    facts.layers.push_back({.digest = layer.digest,
                            .diff_id = layer.diff_id,
                            .media_type = layer.media_type,
                            .layer_path = layer.layer_path,
                            .size = size_of(layer, store),
                            .path_count = layer.paths ? layer.paths->size() : 0,
                            .largest = largest_path(layer, store, stop)});
    if (digests.insert(layer.digest).second) facts.size += facts.layers.back().size;
    facts.path_count += facts.layers.back().path_count;
  }
  if (facts.layers.size() > many_layers) {
    facts.warnings.push_back(cat(facts.layers.size(),
                                 " layers: engines stop at 127 and some "
                                 "registries earlier; a lower --max-layers is safer"));
  }
  warn_of_one_heavy_layer(facts);
  return facts;
}

}  // namespace n2c
