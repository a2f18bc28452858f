#include "serve/served_images.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "base/thread.h"

namespace n2c {

ServedImages::ServedImages(std::vector<ServedImage> images, ServeOptions options)
    : note_(options.note), layers_(std::move(options), [this] { forget_prepared(); }) {
  for (ServedImage& image : images) entries_.push_back({std::move(image)});
  worker_ = start_thread([this](std::stop_token stop) { work(std::move(stop)); });
}

ServedImages::~ServedImages() = default;

void ServedImages::stop() {
  ending_.request_stop();
  worker_.request_stop();
}

void ServedImages::note(const Printable& line) const {
  if (note_) note_(line);
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
  const std::size_t before = layers_.doubts();
  PreparedImage prepared;
  std::exception_ptr failure;
  try {
    const std::string shown = cat(entry.served.repository, ":", entry.served.tag);
    layers_.work_out(entry.served.image, stop);
    prepared = std::make_shared<const ReadyImage>(layers_.prepare(entry.served.image));
    note(cat(shown, " is ready"));
  } catch (const std::exception& error) {
    failure = std::current_exception();
    if (!stop.stop_requested()) note_failure(entry, error.what());
  }
  const std::scoped_lock hold(mutex_);
  // Part of it may depend on a form that was found wrong.
  if (prepared && layers_.doubts() != before) return;
  entry.prepared = std::move(prepared);
  entry.failure = std::move(failure);
  changed_.notify_all();
}

/// Called where memory may have run out.
void ServedImages::note_failure(const Entry& entry, const char* why) const noexcept {
  try {
    note(cat(entry.served.repository, ":", entry.served.tag, " cannot be served: ", why));
  } catch (const std::exception&) {
    return;  // whoever asks for the image is told
  }
}

/// Part of every image that is ready may depend on the form that was found wrong.
void ServedImages::forget_prepared() {
  const std::scoped_lock hold(mutex_);
  for (Entry& entry : entries_) entry.prepared.reset();
  changed_.notify_all();
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
    const std::string& repository, const std::function<bool(const ReadyImage&)>& has) const {
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
      find(repository, [&](const ReadyImage& prepared) { return prepared.blobs.contains(blob); });
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
  const PreparedImage image = find(repository, [&](const ReadyImage& prepared) {
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
