#include "engine/outgoing_image.h"

#include <map>

#include "base/deadline.h"
#include "base/hash.h"
#include "base/locked.h"
#include "base/system.h"
#include "base/tasks.h"
#include "base/text.h"
#include "cache/claimed_source.h"
#include "cache/layer_forms.h"
#include "codec/compressed_source.h"
#include "transfer/plan.h"

namespace n2c {

namespace {

/// Counts bytes into a meter as they pass, and says when the last has.
class MeteredReader final : public Reader {
 public:
  MeteredReader(std::unique_ptr<Reader> from, const oci::Digest& diff_id, Progress& progress)
      : from_(std::move(from)),
        diff_id_(diff_id),
        progress_(progress),
        meter_(progress.meter(diff_id)) {}

  std::size_t read(ByteSpan into) override {
    const std::size_t count = from_->read(into);
    meter_ += count;
    if (count == 0 && !std::exchange(ended_, true)) progress_.done(diff_id_, BlobOutcome::sent);
    return count;
  }

 private:
  std::unique_ptr<Reader> from_;
  const oci::Digest diff_id_;
  Progress& progress_;
  std::atomic<std::uint64_t>& meter_;
  bool ended_ = false;
};

class MeteredSource final : public ByteSource {
 public:
  MeteredSource(std::shared_ptr<const ByteSource> from, const oci::Digest& diff_id,
                Progress& progress)
      : from_(std::move(from)), diff_id_(diff_id), progress_(progress) {}
  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override {
    return std::make_unique<MeteredReader>(from_->open(offset), diff_id_, progress_);
  }

 private:
  std::shared_ptr<const ByteSource> from_;
  const oci::Digest diff_id_;
  Progress& progress_;
};

/// Whether that manifest names this config and these layers, as they are stored.
bool names(const oci::Manifest& manifest, const Image& image, std::span<const Blob> forms) {
  return manifest.config.digest == oci::Digest::of(image.config_json) &&
         std::ranges::equal(manifest.layers, forms, {}, &oci::Descriptor::digest,
                            [](const Blob& form) { return form.descriptor.digest; });
}

/// The manifest as it is stored, where it still fits; else one that is made here.
ManifestBlobs blobs_for(const LoadRequest& request, std::span<const Blob> forms) {
  ManifestBlobs made = manifest_blobs(request.image, forms);
  if (!request.manifest) return made;
  const auto stored = oci::Manifest::from_json(request.manifest->json);
  if (!stored || !names(*stored, request.image, forms)) return made;
  const oci::Descriptor& as_listed = request.manifest->descriptor;
  // Its annotations may be a name in another place.
  made.manifest = {as_listed.media_type, as_listed.digest, as_listed.size};
  made.blobs[0] = {made.manifest, std::make_shared<MemorySource>(request.manifest->json)};
  made.blobs[1].descriptor = stored->config;
  return made;
}

/// The same blobs, counted by the progress under their diff_ids.
std::vector<Blob> metered(std::vector<Blob> forms, const LayerChain& diff_ids, Progress& progress) {
  for (std::size_t i = 0; i < forms.size(); ++i) {
    forms[i].bytes = std::make_shared<MeteredSource>(forms[i].bytes, diff_ids[i], progress);
  }
  return forms;
}

Progress& telling(Progress& progress, std::string_view phase) {
  progress.phase(phase);
  return progress;
}

}  // namespace

std::vector<Blob> stored_layers(const Image& image, const Compression& compression,
                                CompressionPool& pool, DigestCache cache, std::stop_token stop) {
  const std::string recipe = compression.recipe();
  const std::string_view media_type = layer_media_type(compression.codec);
  std::vector<PlannedLayer> plan = plan_layers(image, {}, compression);
  std::erase_if(plan, [](const PlannedLayer& layer) { return !layer.compress; });
  const LayerForms remembered = remembered_forms(cache, diff_ids_of(image), recipe, media_type);
  std::map<oci::Digest, Blob> compressed;
  std::vector<const Layer*> unknown;
  const auto source_of = [&](const Layer& layer) {
    return std::make_shared<CompressedSource>(*layer.blob.bytes, compression, pool);
  };
  for (const PlannedLayer& planned : plan) {
    const Layer& layer = image.layers[planned.first];
    const auto form = remembered.find(layer.diff_id);
    if (form == remembered.end()) {
      unknown.push_back(&layer);
      continue;
    }
    auto source = std::make_shared<ClaimedSource>(
        source_of(layer), form->second,
        [file = cache.file(), diff_id = layer.diff_id, recipe](const oci::Descriptor& found) {
          correct_form(file, recipe, diff_id, found);
        });
    compressed.emplace(layer.diff_id, Blob{form->second, std::move(source)});
  }
  Locked<LayerForms> found;
  run_side_by_side(
      unknown.size(), processor_count(), stop, [&](std::size_t i, std::stop_token own) {
        const Layer& layer = *unknown[i];
        const auto form = oci::measure(source_of(layer)->open(), std::string(media_type), own);
        found.with([&](LayerForms& forms) { forms.emplace(layer.diff_id, form); });
      });
  const LayerForms learnt = found.with([](LayerForms& forms) { return std::move(forms); });
  for (const Layer* layer : unknown) {
    compressed.emplace(layer->diff_id, Blob{learnt.at(layer->diff_id), source_of(*layer)});
  }
  remember_forms(cache, recipe, learnt);
  if (!learnt.empty()) cache.save();
  std::vector<Blob> layers;
  for (const Layer& layer : image.layers) {
    const auto stored = compressed.find(layer.diff_id);
    layers.push_back(stored != compressed.end() ? stored->second : layer.blob);
  }
  return layers;
}

OutgoingImage::OutgoingImage(const LoadRequest& request, const Compression& compression,
                             Progress& progress, std::stop_token stop)
    : image_(request.image),
      progress_(telling(progress, "compressing")),
      pool_(processor_count(), &progress.compression()),
      layers_(diff_ids_of(image_)),
      distinct_(layers_.begin(), layers_.end()),
      forms_(metered(
          stored_layers(image_, compression, pool_, DigestCache(request.cache), std::move(stop)),
          layers_, progress)),
      blobs_(blobs_for(request, forms_)) {
  progress.phase("asking what is there");
}

std::string OutgoingImage::config_digest() const {
  return oci::Digest::of(image_.config_json).str();
}

std::set<oci::Digest> OutgoingImage::stored_as(const std::set<std::string>& blobs) const {
  std::set<oci::Digest> found;
  for (std::size_t i = 0; i < forms_.size(); ++i) {
    if (blobs.contains(forms_[i].descriptor.digest.str())) found.insert(layers_[i]);
  }
  return found;
}

ArchiveSource OutgoingImage::docker_archive(const std::set<oci::Digest>& omitted) const {
  Image image = image_;
  for (std::size_t i = 0; i < forms_.size(); ++i) image.layers[i].blob = forms_[i];
  const DockerArchiveImage one{image, {}, omitted};
  return ArchiveSource(n2c::docker_archive({&one, 1}));
}

ArchiveSource OutgoingImage::oci_archive(const std::set<oci::Digest>& omitted) const {
  std::set<oci::Digest> left_out;
  for (std::size_t i = 0; i < forms_.size(); ++i) {
    if (omitted.contains(layers_[i])) left_out.insert(forms_[i].descriptor.digest);
  }
  return ArchiveSource(n2c::oci_archive(layout_index(blobs_.manifest, {}), blobs_.blobs, left_out));
}

void OutgoingImage::begin(const std::set<oci::Digest>& omitted, std::string_view engine) const {
  std::vector<BlobToSend> told;
  std::set<oci::Digest> counted = omitted;
  for (std::size_t i = 0; i < forms_.size(); ++i) {
    if (!counted.insert(layers_[i]).second) continue;
    told.push_back(
        {.key = layers_[i], .bytes = forms_[i].descriptor.size, .label = image_.layers[i].label});
  }
  progress_.phase("sending");
  progress_.begin(std::move(told), "layers");
  progress_.phase(cat(engine, " is unpacking"));
}

namespace {

/// Whether the failure is on the engine's side, so that another way may work. What is wrong on our
/// side stays wrong.
bool is_the_engines(const Error& error) {
  return error.kind() == ErrorKind::registry || error.kind() == ErrorKind::network;
}

}  // namespace

std::set<oci::Digest> send_thin_or_whole(const std::set<oci::Digest>& omitted, Progress& progress,
                                         const SendAttempt& attempt) {
  std::optional<std::string> failure;
  if (!omitted.empty()) {
    try {
      failure = attempt(omitted);
      if (!failure) return omitted;
    } catch (const Error& error) {
      if (!is_the_engines(error)) throw;
      failure = error.message();
    }
    progress.note(cat("without ", omitted.size(), omitted.size() == 1 ? " layer" : " layers",
                      " that looked to be there, the image did not load: ", *failure,
                      "; sending it whole"));
  }
  if (failure = attempt({}); failure) {
    throw Error(ErrorKind::registry, cat("the engine refused the image: ", *failure));
  }
  return {};
}

void deliver_by(LoadMethod method, bool pulls_first, Progress& progress,
                const std::function<std::optional<std::string>()>& pull,
                const std::function<void()>& send) {
  if (method == LoadMethod::archive || (method == LoadMethod::automatic && !pulls_first)) {
    return send();
  }
  std::optional<std::string> failure;
  try {
    failure = pull();
    if (!failure) return;
  } catch (const Error& error) {
    if (!is_the_engines(error)) throw;
    failure = error.message();
  }
  failure = cat("the engine could not pull from us: ", *failure);
  if (method == LoadMethod::registry) {
    throw Error(ErrorKind::registry, *failure, "--via archive needs no common network");
  }
  progress.note(cat(*failure, "; sending an archive"));
  send();
}

PassingName::PassingName(std::string name, Progress& progress, Remove remove)
    : name_(std::move(name)), progress_(progress), remove_(std::move(remove)) {}

PassingName::~PassingName() {
  constexpr std::chrono::seconds patience{10};
  try {
    const Deadline deadline(patience);
    remove_(deadline.token());
  } catch (const std::exception& error) {
    progress_.note(cat("the name ", name_, " stays in the engine: ", printable(error.what())));
  }
}

bool is_image(const std::optional<EngineImage>& found, std::string_view id,
              const LayerChain& layers) {
  return found && found->id == id && found->layers == layers && found->complete.value_or(true);
}

void expect_image(const std::optional<EngineImage>& found, std::string_view id,
                  const LayerChain& layers) {
  if (is_image(found, id, layers)) return;
  const std::string said = "the engine says it loaded the image, but ";
  if (!found) throw Error(ErrorKind::registry, cat(said, "it has no image ", id));
  if (found->id == id && found->layers == layers) {
    throw Error(ErrorKind::registry, cat(said, "not all of its blobs are there"));
  }
  throw Error(ErrorKind::registry, cat(said, "what it has as ", id, " is ", found->id, " with ",
                                       found->layers.size(), " layers instead of ", layers.size()));
}

}  // namespace n2c
