#pragma once
/// Images described by image.json, seen as a registry that can only be read.

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "image/image.h"
#include "registry/server/store/store.h"
#include "serve/served_layers.h"

namespace n2c {

/// An image and the name it is served by.
struct ServedImage {
  std::string repository, tag;
  Image image;
};

/// Layers are made from the store, and compressed, whenever they are asked for, and verified while
/// they are read. A layer that is to be compressed is compressed once beforehand, in the
/// background, to know its digest; requests for its image wait meanwhile. When a form that was
/// known beforehand turns out wrong, the reading that found it ends. Then none of those forms is
/// used any longer, and their layers are compressed in the background. Thread-safe.
class ServedImages final : public registry::Store {
 public:
  ServedImages(std::vector<ServedImage> images, ServeOptions options);
  /// Stops the work in the background.
  ~ServedImages() override;
  /// Ends the work in the background, and with an Error every request that waits for it.
  void stop();

  std::optional<std::uint64_t> stat(const std::string& repository,
                                    const oci::Digest& blob) override;
  std::unique_ptr<Reader> open(const std::string& repository, const oci::Digest& blob,
                               std::uint64_t offset) override;
  bool makes_blobs(const std::string&) const override { return true; }
  std::optional<oci::RawManifest> find_manifest(const std::string& repository,
                                                const oci::Digest& manifest) override;
  std::optional<oci::Digest> find_tag(const std::string& repository,
                                      const std::string& tag) override;
  std::optional<std::vector<std::string>> tags(const std::string& repository,
                                               const registry::TagRange& range) override;
  /// None: images made by n2c name no subject.
  std::vector<oci::Digest> referrers(const std::string& repository,
                                     const oci::Digest& subject) override;
  std::vector<std::string> repositories() override;

 private:
  using PreparedImage = std::shared_ptr<const ReadyImage>;
  /// Neither prepared nor failed: waits for the worker.
  struct Entry {
    ServedImage served;
    PreparedImage prepared{};
    std::exception_ptr failure{};
    bool is_pending() const { return prepared == nullptr && failure == nullptr; }
  };
  void work(std::stop_token stop);
  void prepare_entry(Entry& entry, std::stop_token stop);
  void forget_prepared();
  void note(const Printable& line) const;
  void note_failure(const Entry& entry, const char* why) const noexcept;
  PreparedImage wait_for(const Entry& entry) const;
  /// The first of the repository's images for which `has` is true. Images that are ready are asked
  /// first; the others are waited for. When there is none, returns null, or throws what an image
  /// failed with.
  PreparedImage find(const std::string& repository,
                     const std::function<bool(const ReadyImage&)>& has) const;
  std::optional<Blob> find_blob(const std::string& repository, const oci::Digest& blob) const;

  const std::function<void(const Printable& line)> note_;
  ServedLayers layers_;
  mutable std::mutex mutex_;  // guards what became of the entries
  mutable std::condition_variable_any changed_;
  std::vector<Entry> entries_;
  std::stop_source ending_;
  std::jthread worker_;
};

}  // namespace n2c
