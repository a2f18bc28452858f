#include "cli/line/layer_progress.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "cli/line/stopped.h"
#include "cli/transfer_options.h"
#include "console/console_progress.h"
#include "describe/path_size.h"
#include "image/store_layer.h"
#include "transfer/progress.h"

namespace n2c::cli {

namespace {

using Sizes = std::unordered_map<std::string, std::uint64_t>;

/// Layers have no digest before they are read.
oci::Digest key_of(std::size_t layer) { return oci::Digest::of(cat("layer ", layer)); }

Sizes sizes_of(const std::vector<std::vector<StorePath>>& layers, const Closure& closure,
               const StoreView& store, const std::stop_token& stop) {
  Sizes sizes;
  for (const Closure::Node& node : closure.nodes) {
    if (node.nar_size != 0) sizes.emplace(node.path, node.nar_size);
  }
  std::vector<std::string> unknown;
  for (const auto& layer : layers) {
    for (const StorePath& path : layer) {
      if (!path.is_tar && !sizes.contains(path.path)) unknown.push_back(path.path);
    }
  }
  const auto found = path_sizes(unknown, store, stop);
  for (std::size_t i = 0; i < unknown.size(); ++i) sizes[unknown[i]] = found[i].value_or(0);
  return sizes;
}

/// Tells a Progress of layers that are read. Thread-safe.
class LayerProgress final : public LayerListener {
 public:
  LayerProgress(Progress& progress, const std::vector<std::vector<StorePath>>& layers,
                const Sizes& sizes)
      : progress_(progress) {
    std::vector<BlobToSend> told;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      BlobToSend layer{
          .key = key_of(i), .bytes = 0, .is_rough = true, .label = label_of(layers[i])};
      for (const StorePath& path : layers[i]) {
        const auto size = sizes.find(path.path);
        if (size != sizes.end()) layer.bytes += size->second;
      }
      told.push_back(std::move(layer));
    }
    progress_.phase("hashing");
    progress_.begin(std::move(told), "layers");
  }

  std::atomic<std::uint64_t>& meter(std::size_t layer) override {
    return progress_.meter(key_of(layer));
  }
  void done(std::size_t layer) override { progress_.done(key_of(layer), BlobOutcome::sent); }

 private:
  Progress& progress_;
};

}  // namespace

void build_layers_shown(const std::vector<std::vector<StorePath>>& layers, LayerBuild build,
                        const ShownProgress& shown, const WriteRecords& write,
                        const std::stop_token& stop) {
  if (shown.style == "none") {
    build_layers(layers, build, stop, write);
    return;
  }
  // A log of a short build has what is said of the layers, or what is wrong, alone.
  const auto progress = make_progress({.style = shown.style, .patience = std::chrono::seconds(1)});
  saying_how_far(*progress, {ConsoleProgress::Kept::nothing, "nothing was written"}, [&] {
    LayerProgress told(*progress, layers, sizes_of(layers, shown.closure, build.store, stop));
    build.listener = &told;
    build_layers(layers, build, stop, [&](const std::vector<LayerRecord>& records) {
      progress->finish();
      write(records);
    });
  });
}

}  // namespace n2c::cli
