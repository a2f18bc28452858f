#include "cli/inspect/compared.h"

#include "base/text.h"
#include "describe/path_size.h"
#include "oci/config.h"

namespace n2c::cli {

namespace {

Compared described_layers(const std::string& file, const StoreView& store,
                          const std::stop_token& stop) {
  const ImageRecord image = read_image_json(file);
  Compared compared{.layers = {}, .has_paths = true, .is_plain = true};
  for (const LayerRecord& record : image.layers.value_or(std::vector<LayerRecord>{})) {
    ComparedLayer& layer = compared.layers.emplace_back();
    layer.diff_id = record.diff_id;
    layer.size = record.size < 0 ? 0 : static_cast<std::uint64_t>(record.size);
    std::vector<std::string> paths;
    if (record.paths) {
      for (const StorePath& path : *record.paths) paths.push_back(path.path);
    }
    const auto sizes = path_sizes(paths, store, stop);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      layer.paths.push_back({paths[i], sizes[i].value_or(0)});
    }
  }
  return compared;
}

Compared stored_layers(OpenPlace& place, std::stop_token stop) {
  const ImageSummary summary = place.summary(OpenPlace::Asked::config, std::move(stop));
  require_image(summary);
  const auto facts = or_throw(oci::read_config_facts(summary.config_json), ErrorKind::input,
                              printable(summary.place) + ": config");
  const auto& stored = summary.manifest->layers;
  if (facts.diff_ids.size() != stored.size()) {
    throw Error(ErrorKind::input,
                cat(printable(summary.place), ": its config does not say a diff_id for each of ",
                    stored.size(), " layers"));
  }
  Compared compared;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    compared.layers.push_back({.diff_id = facts.diff_ids[i].str(), .size = stored[i].size});
  }
  return compared;
}

}  // namespace

Compared compared_layers(const PlaceArguments& arguments, bool debug, const std::stop_token& stop) {
  const Address address = place_of(arguments.image);
  if (address.kind == Address::Kind::image_json) {
    return described_layers(address.path.string(), {.root = arguments.store_root}, stop);
  }
  OpenPlace place(arguments, debug);
  return stored_layers(place, stop);
}

}  // namespace n2c::cli
