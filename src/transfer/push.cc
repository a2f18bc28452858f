#include "transfer/push.h"

#include <algorithm>
#include <semaphore>
#include <set>

#include "base/system.h"
#include "base/tasks.h"
#include "base/text.h"
#include "codec/compressed_source.h"
#include "transfer/lanes.h"
#include "transfer/manifest_writer.h"

namespace n2c {

namespace {

/// A plain layer up to this size is compressed into memory. So its digest is known before a request
/// is made: it can be asked for, and is sent with its length.
constexpr std::uint64_t small_layer_bytes = 4 << 20;

/// A layer of the plan, and what became of it. Each worker writes its own only.
struct LayerInPush {
  PlannedLayer& plan;
  std::optional<BlobOutcome> outcome{};
  bool compressed = false;  // by this push
  /// What the blob store was asked for and lacks, or said to have and lacks: it is not asked again.
  std::optional<oci::Digest> absent{};
};

class ImagePush final : ManifestAuthor {
 public:
  ImagePush(PushPlan plan, BlobStore& store, Progress& progress)
      : plan_(std::move(plan)),
        image_(plan_.image),
        options_(plan_.options),
        store_(store),
        progress_(progress),
        format_(options_.format),
        pool_(options_.compression_threads != 0 ? options_.compression_threads : processor_count(),
              &progress.compression()),
        compressing_(static_cast<std::ptrdiff_t>(
            std::max<std::size_t>(1, std::min(options_.uploads, processor_count())))) {
    for (PlannedLayer& layer : plan_.layers) layers_.push_back({.plan = layer});
  }

  PushReport run(const std::stop_token& stop) {
    if (plan_.is_there() && !options_.check_blobs) {
      for (LayerInPush& layer : layers_) layer.outcome = BlobOutcome::present;
      if (options_.dry_run) return report(plan_.manifest, !tags_for(*plan_.manifest));
    } else {
      probe(stop);
      if (options_.dry_run) return report(plan_.manifest, false);
      send_missing(stop);
    }
    const WrittenManifests written = write_manifests(*this, store_, progress_, stop);
    PushReport done = report(written.root.descriptor, written.was_there);
    done.nothing_written = written.was_there && done.bytes_sent == 0;
    return done;
  }

 private:
  const Layer& source(const PlannedLayer& layer) const { return image_.layers[layer.first]; }
  std::uint64_t plain_size(const PlannedLayer& layer) const {
    return source(layer).blob.descriptor.size;
  }

  std::string brief(const PlannedLayer& layer) const {
    return cat("layer ", layer.first + 1, " of ", image_.layers.size(), " (",
               source(layer).diff_id.brief(), ", ", brief_bytes(plain_size(layer)), ")");
  }

  void probe(const std::stop_token& stop) {
    progress_.phase("asking what is there");
    std::vector<LayerInPush*> asked;
    for (LayerInPush& layer : layers_) {
      if (layer.plan.form) asked.push_back(&layer);
    }
    const std::size_t questions = asked.size() + 1;  // and the config
    run_side_by_side(questions, options_.probes, stop, [&](std::size_t i, std::stop_token inner) {
      if (i == asked.size()) {
        config_outcome_ = store_.find(plan_.config, inner);
        return;
      }
      LayerInPush& layer = *asked[i];
      with_context(brief(layer.plan),
                   [&] { layer.outcome = store_.find(*layer.plan.form, inner); });
      if (!layer.outcome) layer.absent = layer.plan.form->digest;
    });
  }

  void send_missing(const std::stop_token& stop) {
    std::vector<LayerInPush*> missing;
    for (LayerInPush& layer : layers_) {
      if (layer.outcome) {
        progress_.done(source(layer.plan).diff_id, *layer.outcome);
      } else {
        missing.push_back(&layer);
      }
    }
    // The largest first, so that the end does not wait for a large one.
    std::ranges::stable_sort(missing, std::greater{},
                             [&](const LayerInPush* layer) { return plain_size(layer->plan); });
    std::vector<BlobToSend> told;
    for (const LayerInPush* layer : missing) told.push_back(blob_to_send(image_, layer->plan));
    progress_.phase("sending");
    progress_.begin(std::move(told), "layers");
    std::vector<std::uint64_t> sizes;
    for (const LayerInPush* layer : missing) sizes.push_back(plain_size(layer->plan));
    run_in_lanes(sizes, {.heavy = options_.uploads, .light = options_.probes}, stop,
                 [&](std::size_t i, std::stop_token inner) { send(*missing[i], inner); });
    // Last: a folder in which no layer could be written has nothing in it.
    if (!config_outcome_) send_config(stop);
  }

  void send(LayerInPush& layer, const std::stop_token& stop) {
    with_context(brief(layer.plan), [&] {
      const Layer& from = source(layer.plan);
      auto& meter = progress_.meter(from.diff_id);
      layer.outcome = BlobOutcome::sent;
      layer.compressed = layer.plan.compress;
      if (layer.plan.compress) {
        layer.outcome = send_compressed(layer, meter, stop);
      } else {
        layer.outcome =
            store_.put(*from.blob.bytes, layer.plan.media_type, layer.plan.form, meter, stop)
                .outcome;
      }
      progress_.done(from.diff_id, *layer.outcome);
    });
  }

  BlobOutcome send_compressed(LayerInPush& layer, std::atomic<std::uint64_t>& meter,
                              const std::stop_token& stop) {
    PlannedLayer& planned = layer.plan;
    const CompressedSource bytes(*source(planned).blob.bytes, options_.compression, pool_);
    if (plain_size(planned) <= small_layer_bytes) {
      std::string all = compress_small(bytes);
      planned.form = oci::describe(planned.media_type, all);
      return put_unless_there(MemorySource(std::move(all)), layer, meter, stop);
    }
    if (plan_.state.probably_has_more && !layer.absent) {
      planned.form = oci::measure(bytes.open(), planned.media_type, stop);
      return put_unless_there(bytes, layer, meter, stop);
    }
    planned.form = store_.put(bytes, planned.media_type, std::nullopt, meter, stop).blob;
    return BlobOutcome::sent;
  }

  /// As many at a time as there are processors: each holds a block of the codec's.
  std::string compress_small(const CompressedSource& bytes) {
    compressing_.acquire();
    struct Release {
      std::counting_semaphore<>& places;
      ~Release() { places.release(); }
    } const release{compressing_};
    return read_all(*bytes.open(), 2 * small_layer_bytes);
  }

  BlobOutcome put_unless_there(const ByteSource& bytes, const LayerInPush& layer,
                               std::atomic<std::uint64_t>& meter, const std::stop_token& stop) {
    const auto& form = layer.plan.form;
    if (layer.absent != form->digest) {
      if (const auto found = store_.find(*form, stop)) return *found;
    }
    return store_.put(bytes, layer.plan.media_type, form, meter, stop).outcome;
  }

  void send_config(const std::stop_token& stop) {
    with_context("config " + plan_.config.digest.brief(), [&] {
      std::atomic<std::uint64_t> sent = 0;
      config_outcome_ = store_
                            .put(MemorySource(image_.config_json), plan_.config.media_type,
                                 plan_.config, sent, stop)
                            .outcome;
    });
  }

  std::span<const oci::RawManifest> manifests() override {
    manifest_.emplace(planned_manifest(image_, plan_.layers, format_, options_.annotations));
    refuse_another_digest(manifest_->descriptor);
    return {&*manifest_, 1};
  }

  std::string name_of(const oci::RawManifest&) const override { return "manifest"; }

  std::optional<std::vector<std::string>> tags_for(const oci::Descriptor& root) const override {
    auto tags = plan_.state.tags_to_write(options_.tags, root.digest);
    if (tags.empty() && plan_.is_there()) return std::nullopt;
    return tags;
  }

  bool use_dockers_format() override {
    if (!options_.fall_back_to_docker || format_ == ManifestFormat::docker) return false;
    format_ = ManifestFormat::docker;
    return true;
  }

  void refuse_another_digest(const oci::Descriptor& manifest) const {
    if (!options_.must_be || *options_.must_be == manifest.digest) return;
    throw Error(ErrorKind::integrity,
                cat("the image's manifest is ", manifest.digest.str(), ", and the reference says ",
                    options_.must_be->str()),
                "leave the digest out of the reference, or push with the --compression and "
                "--format that gave that digest");
  }

  bool send_again(const std::vector<oci::Digest>& missing, std::stop_token stop) override {
    const std::set<oci::Digest> named(missing.begin(), missing.end());
    std::vector<LayerInPush*> lacking;
    for (LayerInPush& layer : layers_) {
      if (named.contains(layer.plan.form->digest)) lacking.push_back(&layer);
    }
    const bool config_too = named.contains(plan_.config.digest);
    if (lacking.empty() && !config_too) return false;
    progress_.note(blobs_lacking(store_.name(), lacking.size() + (config_too ? 1 : 0)));
    for (LayerInPush* layer : lacking) {
      layer->absent = layer->plan.form->digest;
      send(*layer, stop);
    }
    if (config_too) send_config(stop);
    return true;
  }

  PushReport report(const std::optional<oci::Descriptor>& manifest, bool nothing_written) const {
    PushReport report{.manifest = manifest, .nothing_written = nothing_written};
    for (const auto& [plan, outcome, compressed, absent] : layers_) {
      report.layers.push_back({plan.first, plan.form, outcome, plan.why, compressed});
      if (outcome == BlobOutcome::sent) report.bytes_sent += plan.form->size;
    }
    if (config_outcome_ == BlobOutcome::sent) report.bytes_sent += plan_.config.size;
    return report;
  }

  PushPlan plan_;  // the forms of its layers become known
  const Image& image_;
  const PushOptions& options_;
  BlobStore& store_;
  Progress& progress_;
  std::vector<LayerInPush> layers_;
  std::optional<BlobOutcome> config_outcome_;
  ManifestFormat format_;
  std::optional<oci::RawManifest> manifest_;
  CompressionPool pool_;
  std::counting_semaphore<> compressing_;  // places for small layers
};

}  // namespace

BlobToSend blob_to_send(const Image& image, const PlannedLayer& layer) {
  const Layer& from = image.layers[layer.first];
  return {.key = from.diff_id,
          .bytes = layer.form ? layer.form->size : from.blob.descriptor.size,
          .is_compressed_on_the_way = !layer.form && layer.compress,
          .label = from.label};
}

std::size_t PushReport::count(BlobOutcome outcome) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      layers, [&](const LayerOutcome& layer) { return layer.outcome == outcome; }));
}

PairedLayers compressed_forms(const Image& image, const PushReport& report) {
  PairedLayers forms;
  for (const LayerOutcome& layer : report.layers) {
    if (layer.compressed) forms.emplace_back(image.layers[layer.first].diff_id, *layer.form);
  }
  return forms;
}

PairedLayers codec_forms(const Image& image, const PushReport& report) {
  PairedLayers forms;
  for (const LayerOutcome& layer : report.layers) {
    const Layer& described = image.layers[layer.first];
    if (layer.form && layer.form->digest != described.blob.descriptor.digest) {
      forms.emplace_back(described.diff_id, *layer.form);
    }
  }
  return forms;
}

PushReport transfer(PushPlan plan, BlobStore& store, Progress& progress, std::stop_token stop) {
  return ImagePush(std::move(plan), store, progress).run(stop);
}

PushReport push_to_store(const Image& image, BlobStore& store, const PushOptions& options,
                         Progress& progress, std::stop_token stop, const RepositoryState& state) {
  return transfer(plan_push(image, options, state), store, progress, std::move(stop));
}

}  // namespace n2c
