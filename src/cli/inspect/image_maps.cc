#include "cli/inspect/image_maps.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"
#include "console/layer_bars.h"
#include "describe/inspection.h"

namespace n2c::cli {

namespace {

using Colour = MapTile::Colour;

std::vector<MapLayer> drawn_layers(
    const Compared& image,
    const std::function<Colour(std::size_t, const std::string&)>& colour_of) {
  std::vector<MapLayer> layers;
  for (std::size_t place = 0; place < image.layers.size(); ++place) {
    MapLayer& layer = layers.emplace_back();
    layer.place = place + 1;
    layer.size = image.layers[place].size;
    for (const SizedPath& path : image.layers[place].paths) {
      layer.tiles.push_back({.name = std::string(name_of_store_path(path.path)),
                             .size = path.size,
                             .colour = colour_of(place, path.path)});
    }
  }
  return layers;
}

std::uint64_t bytes_of_layers(const Compared& image) {
  std::uint64_t bytes = 0;
  for (const ComparedLayer& layer : image.layers) bytes += layer.size;
  return bytes;
}

std::string paths_text(std::size_t count) {
  return cat(count, count == 1 ? " store path" : " store paths");
}

/// In how many layers each store path is.
std::map<std::string_view, std::size_t> holders_of(const Compared& image) {
  std::map<std::string_view, std::size_t> holders;
  for (const ComparedLayer& layer : image.layers) {
    for (const SizedPath& path : layer.paths) ++holders[path.path];
  }
  return holders;
}

std::optional<std::size_t> heavy_place(const Compared& image) {
  std::vector<LayerWeight> weights;
  for (const ComparedLayer& layer : image.layers) {
    weights.push_back(
        {.digest = layer.diff_id, .size = layer.size, .path_count = layer.paths.size()});
  }
  return heavy_layer_of(weights);
}

/// What the picture cannot show by itself: its largest layer, and what it leaves out.
std::string about_layers(const Compared& image) {
  const auto largest = std::ranges::max_element(image.layers, {}, &ComparedLayer::size);
  if (largest == image.layers.end()) return "";
  std::string text = cat("layer ", largest - image.layers.begin() + 1, " is the largest (",
                         brief_bytes(largest->size), ", ", paths_text(largest->paths.size()), ")");
  std::size_t missing = 0;
  for (const ComparedLayer& layer : image.layers) {
    missing += static_cast<std::size_t>(
        std::ranges::count(layer.paths, std::uint64_t{0}, &SizedPath::size));
  }
  if (missing != 0) text += cat("; ", paths_text(missing), " without files here are not drawn");
  return text;
}

bool is_new(const PathChange& change) {
  return change.kind == PathChange::Kind::came || change.kind == PathChange::Kind::changed;
}

/// "changed: libexpat1-2.5.0, zlib-1.3 and 3 more (373.0 KiB); 7 refer to what changed (69.9 MiB)".
std::string why_sent(const ImageDiff& diff) {
  constexpr std::size_t shown = 2;
  std::string names;
  std::size_t changed = 0, referring = 0;
  for (const PathChange& change : diff.paths) {
    if (!is_new(change)) continue;
    if (change.refers_to_changed) {
      ++referring;
    } else if (++changed <= shown) {
      names += cat(names.empty() ? "" : ", ", name_of_store_path(change.path));
    }
  }
  if (changed > shown) names += cat(" and ", changed - shown, " more");
  std::string text = changed == 0
                         ? "no store path changed"
                         : cat("changed: ", names, " (", brief_bytes(diff.why.changed), ")");
  if (referring != 0) {
    text += cat("; ", referring, referring == 1 ? " refers" : " refer", " to what changed (",
                brief_bytes(diff.why.referring), ")");
  }
  if (diff.why.unchanged != 0) {
    text += cat("; ", brief_bytes(diff.why.unchanged), " sent only for sharing a layer");
  }
  return text;
}

}  // namespace

LayerMap map_of_image(std::string_view name, const Compared& image) {
  const auto holders = holders_of(image);
  const auto heavy = heavy_place(image);
  const auto colour_of = [&](std::size_t place, const std::string& path) {
    if (holders.at(path) > 1) return Colour::red;
    if (heavy == place) return Colour::orange;
    return image.layers[place].paths.size() > 1 ? Colour::yellow : Colour::grey;
  };
  return {.headline = cat(printable(name_of_store_path(name), 60), ": ",
                          brief_bytes(bytes_of_layers(image)), " in ",
                          layer_count(image.layers.size()), ", ", paths_text(holders.size())),
          .subline = cat(about_layers(image), image.is_plain ? "; sizes before compression" : ""),
          .layers = drawn_layers(image, colour_of),
          .meanings = {"in several layers", "in a layer of more than half of all bytes",
                       "shares a layer", "has a layer of its own"}};
}

LayerMap map_of_diff(std::string_view old_name, std::string_view new_name, const ImageDiff& diff,
                     const Compared& after) {
  const std::set<std::size_t> sent(diff.sent.begin(), diff.sent.end());
  std::map<std::string_view, Colour> changed;
  for (const PathChange& change : diff.paths) {
    if (!is_new(change)) continue;
    changed[change.path] = change.refers_to_changed ? Colour::orange : Colour::red;
  }
  const auto colour_of = [&](std::size_t place, const std::string& path) {
    const auto found = changed.find(path);
    if (found != changed.end()) return found->second;
    return sent.contains(place) ? Colour::yellow : Colour::grey;
  };
  const std::string before = printable(name_of_store_path(old_name), 30);
  const std::string now = printable(name_of_store_path(new_name), 30);
  return {.headline =
              cat(before == now ? now : cat(before, " → ", now), ": ", brief_bytes(diff.sent_size),
                  " of ", brief_bytes(bytes_of_layers(after)), " to send (", diff.sent.size(),
                  " of ", layer_count(after.layers.size()), ")"),
          .subline = cat(why_sent(diff), after.is_plain ? "; sizes before compression" : ""),
          .layers = drawn_layers(after, colour_of),
          .meanings = {"changed", "refers to what changed",
                       "unchanged, but in a layer that changed", "already there"}};
}

}  // namespace n2c::cli
