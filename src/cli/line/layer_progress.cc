#include "cli/line/layer_progress.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/locked.h"
#include "base/text.h"
#include "base/thread.h"
#include "cli/transfer_options.h"
#include "console/console_progress.h"
#include "console/stopped.h"
#include "describe/path_size.h"
#include "image/store_layer.h"
#include "transfer/progress.h"

namespace n2c::cli {

namespace {

using Layers = std::vector<std::vector<StorePath>>;
using Sizes = std::unordered_map<std::string, std::uint64_t>;

/// How long a build lasts before the store is looked through for sizes that the graph lacks, which
/// takes a twentieth of the time that reading the files does.
constexpr auto patience = std::chrono::seconds(1);

/// Layers have no digest before they are read.
oci::Digest key_of(std::size_t layer) { return oci::Digest::of(cat("layer ", layer)); }

/// The store paths whose size the graph does not say, whose others go into `sizes`.
std::vector<std::string> unsized(const Layers& layers, const Closure& closure, Sizes& sizes) {
  for (const Closure::Node& node : closure.nodes) {
    if (node.nar_size != 0) sizes.emplace(node.path, node.nar_size);
  }
  std::vector<std::string> unknown;
  for (const auto& layer : layers) {
    for (const StorePath& path : layer) {
      if (!path.is_tar && !sizes.contains(path.path)) unknown.push_back(path.path);
    }
  }
  return unknown;
}

/// Tells a Progress of layers that are read. Thread-safe.
class LayerProgress final : public LayerListener {
 public:
  /// `layers` and `store` are used until this is gone.
  LayerProgress(Progress& progress, const Layers& layers, const Closure& closure,
                const StoreView& store)
      : progress_(progress), layers_(layers) {
    progress_.phase("hashing");
    Sizes sizes;
    std::vector<std::string> unknown = unsized(layers, closure, sizes);
    if (unknown.empty()) {
      begin(sizes);
      return;
    }
    later_ = start_thread([this, &store, known = std::move(sizes),
                           unknown = std::move(unknown)](const std::stop_token& over) mutable {
      if (!SystemClock().wait(patience, over)) return;
      try {
        const auto found = path_sizes(unknown, store, over);
        for (std::size_t i = 0; i < unknown.size(); ++i) known[unknown[i]] = found[i].value_or(0);
        begin(known);
      } catch (const std::exception&) {
        return;  // the build is over, or says itself what is wrong
      }
    });
  }

  /// Tells nothing any more.
  void finish() {
    if (!later_.joinable()) return;
    later_.request_stop();
    later_.join();
  }

  std::atomic<std::uint64_t>& meter(std::size_t layer) override {
    return progress_.meter(key_of(layer));
  }
  void done(std::size_t layer) override {
    told_.with([&](Told& told) {
      if (told.begun) {
        progress_.done(key_of(layer), BlobOutcome::sent);
      } else {
        told.done_before.push_back(layer);
      }
    });
  }

 private:
  struct Told {
    bool begun = false;
    std::vector<std::size_t> done_before;
  };

  void begin(const Sizes& sizes) {
    std::vector<BlobToSend> blobs;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      BlobToSend layer{
          .key = key_of(i), .bytes = 0, .is_rough = true, .label = label_of(layers_[i])};
      for (const StorePath& path : layers_[i]) {
        const auto size = sizes.find(path.path);
        if (size != sizes.end()) layer.bytes += size->second;
      }
      blobs.push_back(std::move(layer));
    }
    told_.with([&](Told& told) {
      progress_.begin(std::move(blobs), "layers");
      told.begun = true;
      for (const std::size_t layer : told.done_before) {
        progress_.done(key_of(layer), BlobOutcome::sent);
      }
    });
  }

  Progress& progress_;
  const Layers& layers_;
  Locked<Told> told_;
  std::jthread later_;
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
  const auto progress = make_progress({.style = shown.style, .patience = patience});
  saying_how_far(*progress, {ConsoleProgress::Kept::nothing, "nothing was written"}, [&] {
    LayerProgress told(*progress, layers, shown.closure, build.store);
    build.listener = &told;
    build_layers(layers, build, stop, [&](const std::vector<LayerRecord>& records) {
      told.finish();
      progress->finish();
      write(records);
    });
  });
}

}  // namespace n2c::cli
