#include "transfer/push.h"

#include <algorithm>
#include <set>

#include "base/locked.h"
#include "base/system.h"
#include "base/tasks.h"
#include "base/text.h"
#include "codec/compressed_source.h"

namespace n2c {

namespace mt = oci::media_type;

namespace {

/// A plain layer up to this size is compressed into memory. So its digest is known before a request
/// is made: it can be asked for, and is sent with its length.
constexpr std::uint64_t small_layer_bytes = 4 << 20;

/// The manifest of layers whose forms are all known.
oci::RawManifest written(const Image& image, const std::vector<PlannedLayer>& plan,
                         const PushOptions& options, ManifestFormat format) {
  std::map<oci::Digest, const oci::Descriptor*> forms;
  for (const PlannedLayer& layer : plan) forms[image.layers[layer.first].diff_id] = &*layer.form;
  std::vector<oci::Descriptor> layers;
  for (const Layer& layer : image.layers) layers.push_back(*forms.at(layer.diff_id));
  const auto manifest = make_manifest(image, std::move(layers), format, options.annotations);
  return oci::RawManifest::of(manifest.media_type, manifest.to_json());
}

std::optional<oci::Descriptor> whole_manifest(const Image& image,
                                              const std::vector<PlannedLayer>& plan,
                                              const PushOptions& options) {
  if (!std::ranges::all_of(plan, [](const PlannedLayer& l) { return l.form.has_value(); })) {
    return std::nullopt;
  }
  return written(image, plan, options, options.format).descriptor;
}

class ImagePush {
 public:
  ImagePush(const Image& image, BlobStore& store, const PushOptions& options, Progress& progress)
      : image_(image),
        store_(store),
        options_(options),
        progress_(progress),
        config_(oci::describe(mt::config, image.config_json)),
        plan_(plan_layers(image, options.known, options.compression)),
        outcomes_(plan_.size()),
        compressed_(plan_.size()),
        pool_(options.compression_threads != 0 ? options.compression_threads : processor_count()) {}

  PushReport run(std::stop_token stop) {
    if (const auto known = whole_manifest(image_, plan_, options_);
        known && is_held(options_, known->digest)) {
      std::ranges::fill(outcomes_, BlobOutcome::present);
      if (!options_.dry_run) refuse_another_digest(*known);
      const bool nothing_to_write = tags_to_write(options_, known->digest).empty();
      if (nothing_to_write || options_.dry_run) return report(known, nothing_to_write);
      return write_manifest(stop);
    }
    probe(stop);
    if (options_.dry_run) return report(whole_manifest(image_, plan_, options_), false);
    send_missing(stop);
    return write_manifest(stop);
  }

 private:
  std::string brief(const PlannedLayer& layer) const {
    const Layer& source = image_.layers[layer.first];
    return cat("layer ", layer.first + 1, " of ", image_.layers.size(), " (",
               source.diff_id.brief(), ", ", brief_bytes(source.blob.descriptor.size), ")");
  }

  void probe(std::stop_token stop) {
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (plan_[i].form) asked.push_back(i);
    }
    const std::size_t questions = asked.size() + 1;  // and the config
    run_side_by_side(questions, options_.probes, stop, [&](std::size_t i, std::stop_token inner) {
      if (i == asked.size()) {
        config_outcome_ = store_.find(config_, inner);
        return;
      }
      const std::size_t layer = asked[i];
      with_context(brief(plan_[layer]),
                   [&] { outcomes_[layer] = store_.find(*plan_[layer].form, inner); });
    });
  }

  void send_missing(std::stop_token stop) {
    std::vector<std::size_t> missing;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      const Layer& layer = image_.layers[plan_[i].first];
      if (outcomes_[i]) {
        progress_.done(layer.diff_id, *outcomes_[i]);
      } else {
        missing.push_back(i);
        bytes += layer.blob.descriptor.size;
      }
    }
    // The largest first, so that the end does not wait for a large one.
    std::ranges::stable_sort(missing, std::greater{}, [&](std::size_t i) {
      return image_.layers[plan_[i].first].blob.descriptor.size;
    });
    progress_.begin(missing.size(), bytes);
    run_side_by_side(missing.size(), options_.uploads, stop,
                     [&](std::size_t i, std::stop_token inner) {
                       with_context(brief(plan_[missing[i]]), [&] { send(missing[i], inner); });
                     });
    if (!config_outcome_) send_config(stop);
  }

  void send(std::size_t i, std::stop_token stop) {
    PlannedLayer& planned = plan_[i];
    const Layer& layer = image_.layers[planned.first];
    auto& meter = progress_.meter(layer.diff_id);
    outcomes_[i] = BlobOutcome::sent;
    if (planned.compress) {
      outcomes_[i] = send_compressed(planned, meter, stop);
      compressed_[i] = 1;
    } else {
      store_.put(*layer.blob.bytes, planned.media_type, planned.form, meter, stop);
    }
    progress_.done(layer.diff_id, *outcomes_[i]);
  }

  BlobOutcome send_compressed(PlannedLayer& planned, std::atomic<std::uint64_t>& meter,
                              std::stop_token stop) {
    const Blob& plain = image_.layers[planned.first].blob;
    const CompressedSource source(*plain.bytes, options_.compression, pool_);
    if (plain.descriptor.size <= small_layer_bytes) {
      std::string bytes = read_all(*source.open(), 2 * small_layer_bytes);
      planned.form = oci::describe(planned.media_type, bytes);
      return put_unless_there(MemorySource(std::move(bytes)), planned, meter, stop);
    }
    if (options_.measure_first) {
      planned.form = oci::measure(source.open(), planned.media_type, stop);
      return put_unless_there(source, planned, meter, stop);
    }
    planned.form = store_.put(source, planned.media_type, std::nullopt, meter, stop);
    return BlobOutcome::sent;
  }

  BlobOutcome put_unless_there(const ByteSource& bytes, const PlannedLayer& planned,
                               std::atomic<std::uint64_t>& meter, std::stop_token stop) {
    if (const auto found = store_.find(*planned.form, stop)) return *found;
    store_.put(bytes, planned.media_type, planned.form, meter, stop);
    return BlobOutcome::sent;
  }

  void send_config(std::stop_token stop) {
    with_context("config " + config_.digest.brief(), [&] {
      std::atomic<std::uint64_t> sent = 0;
      store_.put(MemorySource(image_.config_json), config_.media_type, config_, sent, stop);
    });
    config_outcome_ = BlobOutcome::sent;
  }

  PushReport write_manifest(std::stop_token stop) {
    ManifestFormat format = options_.format;
    bool healed = false;
    while (true) {
      const oci::RawManifest manifest = written(image_, plan_, options_, format);
      refuse_another_digest(manifest.descriptor);
      const auto tags = tags_to_write(options_, manifest.descriptor.digest);
      const ManifestOutcome outcome = with_context("manifest", [&] {
        return store_.put_manifest(manifest.descriptor, manifest.json, tags, stop);
      });
      if (outcome.stored()) return report(manifest.descriptor, false);
      if (!outcome.missing.empty() && !healed) {
        healed = true;
        send_again(outcome.missing, stop);
      } else if (!outcome.format_refused.empty() && format == ManifestFormat::oci &&
                 options_.fall_back_to_docker) {
        format = ManifestFormat::docker;
        progress_.note(cat("the registry refuses OCI manifests (", outcome.format_refused,
                           "): writing Docker's format"));
      } else {
        throw refusal(outcome);
      }
    }
  }

  static Error refusal(const ManifestOutcome& outcome) {
    if (outcome.missing.empty()) {
      return {ErrorKind::registry, "the manifest's format is refused: " + outcome.format_refused,
              "try --format oci or --format docker"};
    }
    return {ErrorKind::registry,
            cat("the registry still says that it lacks ", outcome.missing.front().str(),
                " after it was sent again"),
            "its storage may be damaged, or a garbage collection is running: try again later"};
  }

  void refuse_another_digest(const oci::Descriptor& manifest) const {
    if (!options_.must_be || *options_.must_be == manifest.digest) return;
    throw Error(ErrorKind::integrity,
                cat("the image's manifest is ", manifest.digest.str(), ", and the reference says ",
                    options_.must_be->str()),
                "leave the digest out of the reference, or push with the --compression and "
                "--format that gave that digest");
  }

  /// Sends blobs that the registry said it has, and then that it lacks (spec#569).
  void send_again(const std::vector<oci::Digest>& missing, std::stop_token stop) {
    progress_.note(
        cat("the registry lacks ", missing.size(), " blobs that it said it has: sending them"));
    const std::set<oci::Digest> lacking(missing.begin(), missing.end());
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (!lacking.contains(plan_[i].form->digest)) continue;
      with_context(brief(plan_[i]), [&] { send(i, stop); });
    }
    if (lacking.contains(config_.digest)) send_config(stop);
  }

  PushReport report(const std::optional<oci::Descriptor>& manifest, bool nothing_written) const {
    PushReport report{.manifest = manifest, .nothing_written = nothing_written};
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      report.layers.push_back(
          {plan_[i].first, plan_[i].form, outcomes_[i], plan_[i].why, compressed_[i] != 0});
      if (outcomes_[i] == BlobOutcome::sent) report.bytes_sent += plan_[i].form->size;
    }
    if (config_outcome_ == BlobOutcome::sent) report.bytes_sent += config_.size;
    return report;
  }

  const Image& image_;
  BlobStore& store_;
  const PushOptions& options_;
  Progress& progress_;
  const oci::Descriptor config_;
  std::vector<PlannedLayer> plan_;                    // each worker writes its own entry only
  std::vector<std::optional<BlobOutcome>> outcomes_;  // by place in plan_
  std::vector<char> compressed_;                      // so is this
  std::optional<BlobOutcome> config_outcome_;
  CompressionPool pool_;
};

}  // namespace

std::size_t PushReport::count(BlobOutcome outcome) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      layers, [&](const LayerOutcome& layer) { return layer.outcome == outcome; }));
}

std::optional<oci::Descriptor> expected_manifest(const Image& image, const PushOptions& options) {
  return whole_manifest(image, plan_layers(image, options.known, options.compression), options);
}

bool is_held(const PushOptions& options, const oci::Digest& manifest) {
  return options.held.contains(manifest) ||
         std::ranges::any_of(options.tags_now,
                             [&](const auto& now) { return now.second == manifest; });
}

std::vector<std::string> tags_to_write(const PushOptions& options, const oci::Digest& manifest) {
  std::vector<std::string> tags;
  for (const std::string& tag : options.tags) {
    const auto now = options.tags_now.find(tag);
    if (now == options.tags_now.end() || now->second != manifest) tags.push_back(tag);
  }
  return tags;
}

PairedLayers compressed_forms(const Image& image, const PushReport& report) {
  PairedLayers forms;
  for (const LayerOutcome& layer : report.layers) {
    if (layer.compressed) forms.emplace_back(image.layers[layer.first].diff_id, *layer.form);
  }
  return forms;
}

PushReport push_to_store(const Image& image, BlobStore& store, const PushOptions& options,
                         Progress& progress, std::stop_token stop) {
  return ImagePush(image, store, options, progress).run(stop);
}

oci::Manifest make_manifest(const Image& image, std::vector<oci::Descriptor> layers,
                            ManifestFormat format, oci::Annotations annotations) {
  annotations.insert(image.annotations.begin(), image.annotations.end());
  oci::Manifest manifest{.media_type = std::string(mt::manifest),
                         .config = oci::describe(mt::config, image.config_json),
                         .layers = std::move(layers),
                         .annotations = std::move(annotations)};
  if (format == ManifestFormat::oci) return manifest;
  manifest.media_type = mt::docker_manifest;
  manifest.config.media_type = mt::docker_config;
  for (oci::Descriptor& layer : manifest.layers) {
    if (layer.media_type == mt::layer_zstd) {
      throw Error(ErrorKind::usage, "Docker's manifest format has no zstd layers",
                  "use --compression gzip or --format oci");
    }
    layer.media_type = oci::in_dockers_words(layer.media_type).value_or(layer.media_type);
  }
  return manifest;
}

}  // namespace n2c
