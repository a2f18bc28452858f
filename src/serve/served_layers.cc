#include "serve/served_layers.h"

#include <utility>

#include "base/system.h"
#include "base/tasks.h"
#include "base/text.h"
#include "cache/claimed_source.h"
#include "codec/compressed_source.h"
#include "transfer/push.h"

namespace n2c {

namespace {

std::size_t thread_count(const ServeOptions& options) {
  return options.threads != 0 ? options.threads : processor_count();
}

}  // namespace

ServedLayers::ServedLayers(ServeOptions options, std::function<void()> doubted)
    : options_(std::move(options)),
      doubted_(std::move(doubted)),
      known_({.forms = options_.known}),
      pool_(thread_count(options_)) {}

std::size_t ServedLayers::doubts() const {
  return known_.with([](const Known& known) { return known.doubts; });
}

std::vector<PlannedLayer> ServedLayers::plan(const Image& image) const {
  return known_.with(
      [&](const Known& known) { return plan_layers(image, known.forms, options_.compression); });
}

void ServedLayers::work_out(const Image& image, std::stop_token stop) {
  auto unknown = plan(image);
  std::erase_if(unknown, [](const PlannedLayer& layer) { return layer.form.has_value(); });
  run_side_by_side(
      unknown.size(), thread_count(options_), stop, [&](std::size_t i, std::stop_token cancelled) {
        const Layer& layer = image.layers[unknown[i].first];
        learn(layer.diff_id,
              oci::measure(compress(layer.blob.bytes->open(), options_.compression, pool_),
                           unknown[i].media_type, cancelled));
      });
}

void ServedLayers::learn(const oci::Digest& diff_id, const oci::Descriptor& form) {
  known_.with([&](Known& known) {
    known.forms.add(diff_id, {form, "this server"});
    known.worked_out_here.add(diff_id, {form, "this server"});
    if (options_.learned) options_.learned(diff_id, form);
  });
}

Blob ServedLayers::stored_layer(const Layer& layer, const oci::Descriptor& form) {
  if (form.digest == layer.blob.descriptor.digest) return layer.blob;
  auto compressed =
      std::make_shared<CompressedSource>(*layer.blob.bytes, options_.compression, pool_);
  const auto corrected = [this, diff_id = layer.diff_id](const oci::Descriptor& found) {
    doubt(diff_id, found);
  };
  return {form, std::make_shared<ClaimedSource>(std::move(compressed), form, corrected)};
}

void ServedLayers::doubt(const oci::Digest& diff_id, const oci::Descriptor& found) {
  if (options_.note) {
    options_.note(cat("layer ", diff_id.brief(), " is not what it was remembered as, but ",
                      found.digest.brief(), ": remembered digests are computed again"));
  }
  known_.with([&](Known& known) {
    known.forms = known.worked_out_here;
    if (known.doubts++ == 0 && options_.doubted) options_.doubted();
  });
  learn(diff_id, found);
  doubted_();
}

ReadyImage ServedLayers::prepare(const Image& image) {
  ReadyImage prepared{.manifest = oci::RawManifest{oci::Descriptor{"", oci::Digest::of("")}, ""}};
  const auto layers = plan(image);
  for (const PlannedLayer& planned : layers) {
    Blob blob = stored_layer(image.layers[planned.first], planned.form.value());
    prepared.blobs.emplace(blob.descriptor.digest, std::move(blob));
  }
  const auto config = oci::describe(oci::media_type::config, image.config_json);
  prepared.blobs.emplace(config.digest,
                         Blob{config, std::make_shared<MemorySource>(image.config_json)});
  prepared.manifest = planned_manifest(image, layers, ManifestFormat::oci);
  return prepared;
}

}  // namespace n2c
