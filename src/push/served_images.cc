#include "push/served_images.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "base/locked.h"
#include "base/tasks.h"
#include "base/text.h"
#include "push/compressed_source.h"
#include "push/push.h"

namespace n2c {

namespace {

std::size_t thread_count(const ServeOptions& options) {
  return options.threads != 0 ? options.threads : processor_count();
}

/// Digest and size of everything the reader gives.
oci::Descriptor measure_form(std::unique_ptr<Reader> from, std::string media_type,
                             std::stop_token stop) {
  HashingReader reader(std::move(from));
  std::vector<std::byte> block(256 << 10);
  while (reader.read(block) != 0) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped");
  }
  const std::uint64_t size = reader.count();
  return {std::move(media_type), oci::Digest::from_hex(HashAlgorithm::sha256, reader.finish_hex()),
          size};
}

}  // namespace

ServedImages::ServedImages(std::vector<ServedImage> images, ServeOptions options)
    : options_(std::move(options)), pool_(thread_count(options_)) {
  for (ServedImage& image : images) {
    Entry& entry = entries_.emplace_back(Entry{std::move(image)});
    entry.prepared = entry.promise.get_future().share();
  }
  worker_ = std::jthread([this](std::stop_token stop) { prepare_all(std::move(stop)); });
}

ServedImages::~ServedImages() = default;

void ServedImages::prepare_all(std::stop_token stop) {
  for (Entry& entry : entries_) {
    const std::string shown = cat(entry.served.repository, ":", entry.served.tag);
    try {
      entry.promise.set_value(prepare(entry.served.image, stop));
      if (options_.note) options_.note(cat(shown, " is ready"));
    } catch (const Error& error) {
      if (options_.note && !stop.stop_requested()) {
        options_.note(cat(shown, " cannot be served: ", error.message()));
      }
      entry.promise.set_exception(std::current_exception());
    } catch (...) {
      entry.promise.set_exception(std::current_exception());
    }
  }
}

void ServedImages::work_out(const Image& image, std::stop_token stop) {
  const auto plan = plan_layers(image, options_.known, options_.compression);
  std::vector<const PlannedLayer*> unknown;
  for (const PlannedLayer& layer : plan) {
    if (!layer.form) unknown.push_back(&layer);
  }
  Locked<KnownForms*> known(&options_.known);
  run_side_by_side(
      unknown.size(), thread_count(options_), stop, [&](std::size_t i, std::stop_token cancelled) {
        const Layer& layer = image.layers[unknown[i]->first];
        const auto form =
            measure_form(compress(layer.blob.bytes->open(), options_.compression, pool_),
                         unknown[i]->media_type, cancelled);
        known.with([&](KnownForms* forms) {
          forms->add(layer.diff_id, {form, "this server"});
          if (options_.learned) options_.learned(layer.diff_id, form);
        });
      });
}

Blob ServedImages::stored_layer(const Layer& layer, const oci::Descriptor& form) {
  if (form.digest == layer.blob.descriptor.digest) return layer.blob;
  return {form, std::make_shared<CompressedSource>(*layer.blob.bytes, options_.compression, pool_)};
}

ServedImages::Prepared ServedImages::prepare(const Image& image, std::stop_token stop) {
  work_out(image, std::move(stop));
  Prepared prepared{.manifest = {{"", oci::Digest::of("")}, ""}};
  std::map<oci::Digest, oci::Descriptor> forms;  // by diff_id
  for (const PlannedLayer& planned : plan_layers(image, options_.known, options_.compression)) {
    const Layer& layer = image.layers[planned.first];
    const Blob blob = stored_layer(layer, planned.form.value());
    forms.emplace(layer.diff_id, blob.descriptor);
    prepared.blobs.emplace(blob.descriptor.digest, blob);
  }
  std::vector<oci::Descriptor> layers;
  for (const Layer& layer : image.layers) layers.push_back(forms.at(layer.diff_id));
  const oci::Manifest manifest = make_manifest(image, std::move(layers), ManifestFormat::oci);
  prepared.blobs.emplace(manifest.config.digest,
                         Blob{manifest.config, std::make_shared<MemorySource>(image.config_json)});
  const std::string json = manifest.to_json();
  prepared.manifest = {{manifest.media_type, oci::Digest::of(json), json.size()}, json};
  return prepared;
}

const ServedImages::Prepared* ServedImages::find(
    const std::string& repository, const std::function<bool(const Prepared&)>& has) const {
  std::exception_ptr failure;
  for (const bool waiting : {false, true}) {
    for (const Entry& entry : entries_) {
      if (entry.served.repository != repository) continue;
      const bool ready =
          entry.prepared.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
      if (!ready && !waiting) continue;
      try {
        const Prepared& prepared = entry.prepared.get();
        if (has(prepared)) return &prepared;
      } catch (const Error&) {
        failure = std::current_exception();
      }
    }
  }
  if (failure) std::rethrow_exception(failure);
  return nullptr;
}

const Blob* ServedImages::find_blob(const std::string& repository, const oci::Digest& blob) const {
  const Prepared* image =
      find(repository, [&](const Prepared& prepared) { return prepared.blobs.contains(blob); });
  return image == nullptr ? nullptr : &image->blobs.at(blob);
}

std::optional<std::uint64_t> ServedImages::stat(const std::string& repository,
                                                const oci::Digest& blob) {
  const Blob* found = find_blob(repository, blob);
  if (found == nullptr) return {};
  return found->descriptor.size;
}

std::unique_ptr<Reader> ServedImages::open(const std::string& repository, const oci::Digest& blob,
                                           std::uint64_t offset) {
  const Blob* found = find_blob(repository, blob);
  if (found == nullptr) return nullptr;
  return found->bytes->open(offset);
}

std::optional<registry::ManifestRecord> ServedImages::find_manifest(const std::string& repository,
                                                                    const oci::Digest& manifest) {
  const Prepared* image = find(repository, [&](const Prepared& prepared) {
    return prepared.manifest.descriptor.digest == manifest;
  });
  if (image == nullptr) return {};
  return image->manifest;
}

std::optional<oci::Digest> ServedImages::find_tag(const std::string& repository,
                                                  const std::string& tag) {
  for (const Entry& entry : entries_) {
    if (entry.served.repository != repository || entry.served.tag != tag) continue;
    return entry.prepared.get().manifest.descriptor.digest;
  }
  return {};
}

std::optional<std::vector<std::string>> ServedImages::tags(const std::string& repository) {
  std::set<std::string> tags;
  for (const Entry& entry : entries_) {
    if (entry.served.repository == repository) tags.insert(entry.served.tag);
  }
  if (tags.empty()) return {};
  return std::vector<std::string>(tags.begin(), tags.end());
}

std::vector<registry::Referrer> ServedImages::referrers(const std::string&, const oci::Digest&) {
  return {};
}

std::vector<std::string> ServedImages::repositories() {
  std::set<std::string> paths;
  for (const Entry& entry : entries_) paths.insert(entry.served.repository);
  return {paths.begin(), paths.end()};
}

}  // namespace n2c
