#include "describe/inspection.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <string_view>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "describe/path_size.h"

namespace n2c {

namespace {

/// Docker's overlay driver stops at 128 layers, and builders on top of an image add some.
constexpr std::size_t many_layers = 100;
/// A layer below it is sent soon enough.
constexpr std::uint64_t heavy_layer = 64 << 20;

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

/// As path_size() has it; nothing for what is not there.
using Sizes = std::map<std::string_view, std::optional<std::uint64_t>>;

/// Of all store paths, each looked at once however many layers have it.
Sizes sizes_of_paths(const std::vector<LayerRecord>& layers, const StoreView& store,
                     const std::stop_token& stop) {
  Sizes sizes;
  for (const LayerRecord& layer : layers) {
    if (!layer.paths) continue;
    for (const StorePath& path : *layer.paths) sizes.try_emplace(path.path);
  }
  std::vector<std::string> paths;
  for (const auto& [path, size] : sizes) paths.emplace_back(path);
  const auto found = path_sizes(paths, store, stop);
  auto next = found.begin();
  for (auto& [path, size] : sizes) size = *next++;
  return sizes;
}

std::optional<LargestPath> largest_path(const LayerRecord& layer, const Sizes& sizes) {
  if (!layer.paths) return std::nullopt;
  const auto known = [&](const StorePath& path) { return sizes.at(path.path); };
  const auto largest = std::ranges::max_element(*layer.paths, {}, known);
  if (largest == layer.paths->end() || !known(*largest)) return std::nullopt;
  return LargestPath{largest->path, *known(*largest)};
}

std::string warning_of_many(std::size_t layers) {
  return cat(layers,
             " layers: engines stop at 127 and some registries earlier; a lower --max-layers is "
             "safer");
}

/// Of layers that differ: one that is there twice costs nothing.
std::vector<RepeatedPath> repeated_paths(const std::vector<LayerRecord>& layers,
                                         const Sizes& sizes) {
  std::map<std::string_view, std::vector<std::size_t>> places;
  std::unordered_set<std::string_view> digests;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i].paths || !digests.insert(layers[i].digest).second) continue;
    for (const StorePath& path : *layers[i].paths) {
      auto& of_path = places[path.path];
      if (of_path.empty() || of_path.back() != i + 1) of_path.push_back(i + 1);
    }
  }
  std::vector<RepeatedPath> repeated;
  for (auto& [path, of_path] : places) {
    if (of_path.size() < 2) continue;
    repeated.push_back({std::string(path), sizes.at(path), std::move(of_path)});
  }
  std::ranges::stable_sort(repeated, std::greater<>(), &RepeatedPath::size);
  return repeated;
}

/// The bytes of layers, which have a `digest` and a `size`. One that is there twice counts once, as
/// it is stored.
template <class Layers>
std::uint64_t size_of_distinct(const Layers& layers) {
  std::uint64_t size = 0;
  std::unordered_set<std::string_view> digests;
  for (const auto& layer : layers) {
    if (layer.digest.empty() || digests.insert(layer.digest).second) size += layer.size;
  }
  return size;
}

/// The layer that is more than half of the image; layers.end() where none is.
template <class Layers>
auto heavy_of(const Layers& layers, std::uint64_t all) {
  const auto largest =
      std::ranges::max_element(layers, {}, [](const auto& one) { return one.size; });
  return largest == layers.end() || largest->size > all / 2 ? largest : layers.end();
}

void warn_of_one_heavy_layer(ImageFacts& image) {
  const auto heavy = heavy_of(image.layers, image.size);
  if (heavy == image.layers.end()) return;
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
  const std::vector<LayerRecord> none;
  const std::vector<LayerRecord>& layers = image.layers ? *image.layers : none;
  const Sizes sizes = sizes_of_paths(layers, store, stop);
  for (const LayerRecord& layer : layers) {
    facts.layers.push_back({.digest = layer.digest,
                            .diff_id = layer.diff_id,
                            .media_type = layer.media_type,
                            .layer_path = layer.layer_path,
                            .size = size_of(layer, store),
                            .path_count = layer.paths ? layer.paths->size() : 0,
                            .largest = largest_path(layer, sizes)});
    facts.path_count += facts.layers.back().path_count;
  }
  facts.size = size_of_distinct(facts.layers);
  if (facts.layers.size() > many_layers) {
    facts.warnings.push_back(warning_of_many(facts.layers.size()));
  }
  warn_of_one_heavy_layer(facts);
  facts.repeated = repeated_paths(layers, sizes);
  return facts;
}

std::vector<LayerWeight> weights_of(const std::vector<LayerRecord>& layers) {
  std::vector<LayerWeight> weights;
  for (const LayerRecord& layer : layers) {
    weights.push_back({.digest = layer.digest,
                       .size = layer.size < 0 ? 0 : static_cast<std::uint64_t>(layer.size),
                       .path_count = layer.paths ? layer.paths->size() : 0});
  }
  return weights;
}

std::optional<std::size_t> heavy_layer_of(const std::vector<LayerWeight>& layers) {
  const auto heavy = heavy_of(layers, size_of_distinct(layers));
  if (heavy == layers.end() || heavy->path_count < 2 || heavy->size < heavy_layer) return {};
  return static_cast<std::size_t>(heavy - layers.begin());
}

std::vector<std::string> costs_of_layers(const std::vector<LayerWeight>& layers) {
  std::vector<std::string> costs;
  if (layers.size() > many_layers) costs.push_back(warning_of_many(layers.size()));
  if (const auto place = heavy_layer_of(layers)) {
    const LayerWeight& heavy = layers[*place];
    costs.push_back(cat("layer ", *place + 1, " holds ", heavy.path_count, " store paths and ",
                        brief_bytes(heavy.size), " of ", brief_bytes(size_of_distinct(layers)),
                        ", all sent when one changes: more layers, or --layer-strategy size, send "
                        "less"));
  }
  return costs;
}

}  // namespace n2c
