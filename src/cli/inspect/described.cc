#include "cli/inspect/described.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/help.h"
#include "console/json_object.h"
#include "console/layer_bars.h"
#include "describe/closure.h"
#include "describe/image_diff.h"
#include "describe/inspection.h"
#include "describe/path_size.h"
#include "describe/what_if.h"
#include "go/encoding_json.h"

namespace n2c::cli {

namespace {

/// What --what-if found.
struct Costs {
  Resent alone;
  std::optional<Resent> with_referrers;
};

std::vector<WeighedLayer> weigh(const ImageRecord& image, const ImageFacts& facts) {
  std::vector<WeighedLayer> layers;
  for (std::size_t i = 0; i < facts.layers.size(); ++i) {
    WeighedLayer& layer = layers.emplace_back();
    layer.size = facts.layers[i].size;
    const auto& paths = (*image.layers)[i].paths;
    for (const StorePath& path : paths ? *paths : std::vector<StorePath>{}) {
      layer.paths.push_back(path.path);
    }
  }
  return layers;
}

Costs weigh_changes(const DescribedArguments& arguments, const ImageRecord& image,
                    const ImageFacts& facts) {
  const auto layers = weigh(image, facts);
  Costs costs{.alone = resent_alone(layers), .with_referrers = {}};
  if (arguments.closure_graph.empty()) return costs;
  costs.with_referrers = resent_with_referrers(layers, read_closure_graph(arguments.closure_graph));
  return costs;
}

go::Json json_of(const LayerFacts& layer) {
  go::Json json;
  json.set("digest", layer.digest).set("diff_id", layer.diff_id);
  json.set("media_type", layer.media_type).set("size", go::Json(layer.size));
  json.set("paths", go::Json(std::uint64_t{layer.path_count}));
  if (!layer.layer_path.empty()) json.set("layer_path", layer.layer_path);
  if (layer.largest) {
    go::Json largest;
    largest.set("path", layer.largest->path).set("size", go::Json(layer.largest->size));
    json.set("largest_path", std::move(largest));
  }
  return json;
}

go::Json json_of(const std::vector<RepeatedPath>& repeated) {
  go::Json list(go::Json::Array{});
  for (const RepeatedPath& path : repeated) {
    go::Json layers(go::Json::Array{});
    for (const std::size_t place : path.layers) layers.push(go::Json(std::uint64_t{place}));
    go::Json one;
    one.set("path", path.path).set("size", path.size ? go::Json(*path.size) : go::Json());
    list.push(std::move(one.set("layers", std::move(layers))));
  }
  return list;
}

go::Json json_of(const Resent& resent) {
  go::Json json;
  json.set("mean", go::Json(resent.mean)).set("worst", go::Json(resent.worst));
  return json.set("worst_path", resent.worst_path);
}

go::Json json_of(const Costs& costs) {
  go::Json json;
  json.set("alone", json_of(costs.alone));
  if (costs.with_referrers) json.set("with_referrers", json_of(*costs.with_referrers));
  return json;
}

void print_json(const DescribedArguments& arguments, const ImageRecord& image,
                const ImageFacts& facts, const std::optional<Costs>& costs) {
  go::Json layers(go::Json::Array{});
  for (const LayerFacts& layer : facts.layers) layers.push(json_of(layer));
  go::Json warnings(go::Json::Array{});
  for (const std::string& warning : facts.warnings) warnings.push(warning);
  go::Json json;
  json.set("command", "inspect").set("reference", arguments.image);
  json.set("layers", std::move(layers)).set("size", go::Json(facts.size));
  json.set("paths", go::Json(std::uint64_t{facts.path_count}));
  json.set("architecture", image.arch);
  json.set("created", image.created ? go::Json(*image.created) : go::Json());
  go::Json annotations(go::Json::Object{});
  for (const auto& [key, value] : image.annotations) annotations.set(key, value);
  json.set("config", image.container.to_json()).set("annotations", std::move(annotations));
  json.set("repeated_paths", json_of(facts.repeated)).set("warnings", std::move(warnings));
  if (costs) json.set("what_if", json_of(*costs));
  print_object("n2c.description/1", json, JsonForm::indented);
}

/// "glibc-2.40", "glibc-2.40 (30.1 MiB) and 11 more".
std::string layer_name(const LayerRecord& record, const LayerFacts& layer) {
  const auto named = [](std::string_view path) { return printable(name_of_store_path(path)); };
  if (layer.path_count == 1) return named(record.paths->front().path);
  if (layer.largest) {
    return cat(named(layer.largest->path), " (", brief_bytes(layer.largest->size), ") and ",
               layer.path_count - 1, " more");
  }
  if (layer.path_count > 1) return "not on this machine";
  return layer.layer_path.empty() ? "" : cat("file ", named(layer.layer_path));
}

void print_layers_of(const ImageRecord& image, const ImageFacts& facts) {
  std::vector<LayerBar> bars;
  for (std::size_t i = 0; i < facts.layers.size(); ++i) {
    const LayerFacts& layer = facts.layers[i];
    bars.push_back({i + 1, layer.size, layer.path_count, layer_name((*image.layers)[i], layer)});
  }
  for (const std::string& line : layer_table(std::move(bars), facts.size, page_columns())) {
    terminal::print(line);
  }
}

void print_repeated(const std::vector<RepeatedPath>& repeated) {
  if (repeated.empty()) return;
  terminal::print("");
  terminal::print("in more than one layer:");
  for (const RepeatedPath& path : repeated) {
    std::string places;
    for (const std::size_t place : path.layers) places += cat(places.empty() ? "" : ", ", place);
    terminal::print(fmt::format("{:>10}  {}  (layers {})",
                                path.size ? brief_bytes(*path.size) : "not here",
                                printable(name_of_store_path(path.path)), places));
  }
}

void print_config(const ImageRecord& image) {
  terminal::print(cat("linux/", printable(image.arch), ", created ",
                      image.created ? printable(*image.created) : "at no time"));
  const go::Json config = image.container.to_json();
  for (const auto& [key, value] : *config.as_object()) {
    terminal::print(cat("  ", key, ": ", printable(value.compact(), 400)));
  }
  for (const auto& [key, value] : image.annotations) {
    terminal::print(cat("  annotation ", printable(key), ": ", printable(value, 400)));
  }
}

void print_resent(std::string_view what, const Resent& resent) {
  const std::string where =
      resent.worst_path.empty() ? "" : cat(" (", printable(resent.worst_path), ")");
  terminal::print(cat(what, ": ", brief_bytes(resent.mean), " on average, ",
                      brief_bytes(resent.worst), " at worst", where));
}

void print_text(const ImageRecord& image, const ImageFacts& facts,
                const std::optional<Costs>& costs) {
  print_layers_of(image, facts);
  print_repeated(facts.repeated);
  terminal::print("");
  print_config(image);
  if (costs) {
    terminal::print("");
    terminal::print("bytes that a change of one path sends (before compression)");
    print_resent("  alone", costs->alone);
    if (costs->with_referrers) {
      print_resent("  with all that refers to it", *costs->with_referrers);
    } else {
      terminal::print("  with all that refers to it: give --closure-graph to know");
    }
  }
  for (const std::string& warning : facts.warnings) {
    terminal::print("");
    terminal::print(cat("warning: ", warning));
  }
}

struct ListedPath {
  std::string path;
  std::optional<std::uint64_t> size;  ///< nothing where it is not on this machine
};

/// The largest first.
std::vector<ListedPath> sized_paths(const LayerRecord& layer, const StoreView& store,
                                    const std::stop_token& stop) {
  std::vector<std::string> names;
  for (const StorePath& path : layer.paths ? *layer.paths : std::vector<StorePath>{}) {
    names.push_back(path.path);
  }
  const auto sizes = path_sizes(names, store, stop);
  std::vector<ListedPath> paths;
  for (std::size_t i = 0; i < names.size(); ++i) paths.push_back({names[i], sizes[i]});
  std::ranges::stable_sort(paths, std::greater<>(), &ListedPath::size);
  return paths;
}

void print_layer_paths(const DescribedArguments& arguments, const LayerRecord& layer,
                       const std::vector<ListedPath>& paths) {
  if (!arguments.json) {
    for (const auto& [path, size] : paths) {
      terminal::print(
          fmt::format("{:>10}  {}", size ? brief_bytes(*size) : "not here", printable(path)));
    }
    return;
  }
  go::Json listed(go::Json::Array{});
  for (const auto& [path, size] : paths) {
    go::Json one;
    listed.push(one.set("path", path).set("size", size ? go::Json(*size) : go::Json()));
  }
  go::Json json;
  json.set("command", "inspect").set("reference", arguments.image);
  json.set("layer", go::Json(std::uint64_t{arguments.layer})).set("diff_id", layer.diff_id);
  print_object("n2c.layer/1", json.set("paths", std::move(listed)), JsonForm::indented);
}

int inspect_layer(const DescribedArguments& arguments, const ImageRecord& image,
                  const std::stop_token& stop) {
  const std::size_t count = image.layers ? image.layers->size() : 0;
  if (arguments.layer > count) {
    throw Error(ErrorKind::usage, cat("--layer: there is no layer ", arguments.layer, ": ",
                                      printable(arguments.image), " has ", count));
  }
  const LayerRecord& layer = (*image.layers)[arguments.layer - 1];
  print_layer_paths(arguments, layer, sized_paths(layer, {.root = arguments.store_root}, stop));
  return 0;
}

}  // namespace

int inspect_described(const DescribedArguments& arguments, const std::stop_token& stop) {
  const StoreView store{.root = arguments.store_root};
  const ImageRecord image = read_image_json(arguments.image);
  if (image.layers) {
    at_place(printable(arguments.image), [&] { require_sound(*image.layers); });
  }
  if (arguments.layer != 0) return inspect_layer(arguments, image, stop);
  const ImageFacts facts =
      at_place(printable(arguments.image), [&] { return inspect_image(image, store, stop); });
  std::optional<Costs> costs;
  if (arguments.what_if) costs = weigh_changes(arguments, image, facts);
  if (arguments.json) {
    print_json(arguments, image, facts, costs);
  } else {
    print_text(image, facts, costs);
  }
  return 0;
}

}  // namespace n2c::cli
