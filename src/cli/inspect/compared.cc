#include "cli/inspect/compared.h"

#include "base/text.h"
#include "describe/path_size.h"

namespace n2c::cli {

namespace {

Compared described_layers(const std::string& file, const StoreView& store,
                          const std::stop_token& stop) {
  const auto image =
      or_throw(parse_image_json(read_description(file)), ErrorKind::input, printable(file));
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
  const go::Json config = config_of(summary);
  const go::Json* rootfs = config.find("rootfs");
  const go::Json* ids = rootfs == nullptr ? nullptr : rootfs->find("diff_ids");
  const auto* diff_ids = ids == nullptr ? nullptr : ids->as_array();
  const auto& stored = summary.manifest->layers;
  if (diff_ids == nullptr || diff_ids->size() != stored.size()) {
    throw Error(ErrorKind::input,
                cat(printable(summary.place), ": its config does not say a diff_id for each of ",
                    stored.size(), " layers"));
  }
  Compared compared;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const std::string* diff_id = (*diff_ids)[i].as_string();
    compared.layers.push_back(
        {.diff_id = diff_id == nullptr ? "" : *diff_id, .size = stored[i].size});
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
