#include "serve/served_images.h"

#include <algorithm>
#include <chrono>
#include <set>

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

ServedImages::ServedImages(std::vector<ServedImage> images, ServeOptions options)
    : options_(std::move(options)),
      known_({.forms = options_.known}),
      pool_(thread_count(options_)) {
  for (ServedImage& image : images) entries_.push_back({std::move(image)});
  worker_ = std::jthread([this](std::stop_token stop) { work(std::move(stop)); });
}

ServedImages::~ServedImages() = default;

void ServedImages::stop() {
  ending_.request_stop();
  worker_.request_stop();
}

void ServedImages::note(const Printable& line) const {
  if (options_.note) options_.note(line);
}

void ServedImages::work(std::stop_token stop) {
  while (true) {
    auto next = entries_.end();
    {
      std::unique_lock hold(mutex_);
      const auto something_to_do = [&] {
        next = std::ranges::find_if(entries_, &Entry::is_pending);
        return next != entries_.end();
      };
      if (!changed_.wait(hold, stop, something_to_do)) return;
    }
    prepare_entry(*next, stop);
  }
}

void ServedImages::prepare_entry(Entry& entry, std::stop_token stop) {
  const std::string shown = cat(entry.served.repository, ":", entry.served.tag);
  const auto doubts = [this] {
    return known_.with([](const Known& known) { return known.doubts; });
  };
  const std::size_t before = doubts();
  PreparedImage prepared;
  std::exception_ptr failure;
  try {
    work_out(entry.served.image, stop);
    prepared = prepare(entry.served.image);
    note(cat(shown, " is ready"));
  } catch (const Error& error) {
    if (!stop.stop_requested()) note(cat(shown, " cannot be served: ", error.message()));
    failure = std::current_exception();
  } catch (...) {
    failure = std::current_exception();
  }
  const std::scoped_lock hold(mutex_);
  // Part of it may depend on a form that was found wrong.
  if (prepared && doubts() != before) return;
  entry.prepared = std::move(prepared);
  entry.failure = std::move(failure);
  changed_.notify_all();
}

std::vector<PlannedLayer> ServedImages::plan(const Image& image) const {
  return known_.with(
      [&](const Known& known) { return plan_layers(image, known.forms, options_.compression); });
}

void ServedImages::work_out(const Image& image, std::stop_token stop) {
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

void ServedImages::learn(const oci::Digest& diff_id, const oci::Descriptor& form) {
  known_.with([&](Known& known) {
    known.forms.add(diff_id, {form, "this server"});
    known.worked_out_here.add(diff_id, {form, "this server"});
    if (options_.learned) options_.learned(diff_id, form);
  });
}

Blob ServedImages::stored_layer(const Layer& layer, const oci::Descriptor& form) {
  if (form.digest == layer.blob.descriptor.digest) return layer.blob;
  auto compressed =
      std::make_shared<CompressedSource>(*layer.blob.bytes, options_.compression, pool_);
  const auto corrected = [this, diff_id = layer.diff_id](const oci::Descriptor& found) {
    doubt(diff_id, found);
  };
  return {form, std::make_shared<ClaimedSource>(std::move(compressed), form, corrected)};
}

void ServedImages::doubt(const oci::Digest& diff_id, const oci::Descriptor& found) {
  note(cat("layer ", diff_id.brief(), " is not what it was remembered as, but ",
           found.digest.brief(), ": what was remembered is worked out anew"));
  known_.with([&](Known& known) {
    known.forms = known.worked_out_here;
    if (known.doubts++ == 0 && options_.doubted) options_.doubted();
  });
  learn(diff_id, found);
  const std::scoped_lock hold(mutex_);
  for (Entry& entry : entries_) entry.prepared.reset();
  changed_.notify_all();
}

ServedImages::PreparedImage ServedImages::prepare(const Image& image) {
  Prepared prepared{.manifest = {{"", oci::Digest::of("")}, ""}};
  const auto layers = plan(image);
  for (const PlannedLayer& planned : layers) {
    Blob blob = stored_layer(image.layers[planned.first], planned.form.value());
    prepared.blobs.emplace(blob.descriptor.digest, std::move(blob));
  }
  const auto config = oci::describe(oci::media_type::config, image.config_json);
  prepared.blobs.emplace(config.digest,
                         Blob{config, std::make_shared<MemorySource>(image.config_json)});
  prepared.manifest = planned_manifest(image, layers, ManifestFormat::oci);
  return std::make_shared<const Prepared>(std::move(prepared));
}

ServedImages::PreparedImage ServedImages::wait_for(const Entry& entry) const {
  std::unique_lock hold(mutex_);
  if (!changed_.wait(hold, ending_.get_token(), [&] { return !entry.is_pending(); })) {
    throw Error(ErrorKind::cancelled, "the server ends before the image is ready");
  }
  if (entry.failure) std::rethrow_exception(entry.failure);
  return entry.prepared;
}

ServedImages::PreparedImage ServedImages::find(
    const std::string& repository, const std::function<bool(const Prepared&)>& has) const {
  const auto is_pending = [this](const Entry& entry) {
    const std::scoped_lock hold(mutex_);
    return entry.is_pending();
  };
  std::exception_ptr failure;
  for (const bool waiting : {false, true}) {
    for (const Entry& entry : entries_) {
      if (entry.served.repository != repository) continue;
      if (!waiting && is_pending(entry)) continue;
      try {
        PreparedImage prepared = wait_for(entry);
        if (has(*prepared)) return prepared;
      } catch (const Error&) {
        failure = std::current_exception();
      }
    }
  }
  if (failure) std::rethrow_exception(failure);
  return nullptr;
}

std::optional<Blob> ServedImages::find_blob(const std::string& repository,
                                            const oci::Digest& blob) const {
  const PreparedImage image =
      find(repository, [&](const Prepared& prepared) { return prepared.blobs.contains(blob); });
  if (image == nullptr) return {};
  return image->blobs.at(blob);
}

std::optional<std::uint64_t> ServedImages::stat(const std::string& repository,
                                                const oci::Digest& blob) {
  const auto found = find_blob(repository, blob);
  if (!found) return {};
  return found->descriptor.size;
}

std::unique_ptr<Reader> ServedImages::open(const std::string& repository, const oci::Digest& blob,
                                           std::uint64_t offset) {
  const auto found = find_blob(repository, blob);
  if (!found) return nullptr;
  return found->bytes->open(offset);
}

std::optional<oci::RawManifest> ServedImages::find_manifest(const std::string& repository,
                                                            const oci::Digest& manifest) {
  const PreparedImage image = find(repository, [&](const Prepared& prepared) {
    return prepared.manifest.descriptor.digest == manifest;
  });
  if (image == nullptr) return {};
  return image->manifest;
}

std::optional<oci::Digest> ServedImages::find_tag(const std::string& repository,
                                                  const std::string& tag) {
  for (const Entry& entry : entries_) {
    if (entry.served.repository != repository || entry.served.tag != tag) continue;
    return wait_for(entry)->manifest.descriptor.digest;
  }
  return {};
}

std::optional<std::vector<std::string>> ServedImages::tags(const std::string& repository,
                                                           const registry::TagRange&) {
  std::set<std::string> tags;
  for (const Entry& entry : entries_) {
    if (entry.served.repository == repository) tags.insert(entry.served.tag);
  }
  if (tags.empty()) return {};
  return std::vector<std::string>(tags.begin(), tags.end());
}

std::vector<oci::Digest> ServedImages::referrers(const std::string&, const oci::Digest&) {
  return {};
}

std::vector<std::string> ServedImages::repositories() {
  std::set<std::string> paths;
  for (const Entry& entry : entries_) paths.insert(entry.served.repository);
  return {paths.begin(), paths.end()};
}

}  // namespace n2c
