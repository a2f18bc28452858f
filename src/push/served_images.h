#pragma once
/// Images described by image.json, seen as a registry that can only be read.

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/codec.h"
#include "image/image.h"
#include "push/plan.h"
#include "registry/server/store.h"

namespace n2c {

/// An image and the name it is served by.
struct ServedImage {
  std::string repository, tag;
  Image image;
};

struct ServeOptions {
  /// How plain layers are served; none needs no preparation.
  Compression compression{.codec = Codec::none};
  std::size_t threads = 0;  ///< that compress; 0: one a processor
  KnownForms known{};       ///< stored forms of layers known beforehand
  /// Told of every form that was worked out, and of an image that is ready or cannot be served.
  /// Called on threads of the store's own, each by one at a time.
  std::function<void(const oci::Digest& diff_id, const oci::Descriptor& form)> learned{};
  std::function<void(std::string_view line)> note{};
};

/// Layers are made from the store, and compressed, whenever they are asked for, and verified
/// while they are read. A layer that is to be compressed is compressed once beforehand, in the
/// background, to know its digest; who asks for its image meanwhile waits. Thread-safe.
class ServedImages final : public registry::Store {
 public:
  ServedImages(std::vector<ServedImage> images, ServeOptions options);
  /// Stops what is being worked out.
  ~ServedImages() override;

  std::optional<std::uint64_t> stat(const std::string& repository,
                                    const oci::Digest& blob) override;
  std::unique_ptr<Reader> open(const std::string& repository, const oci::Digest& blob,
                               std::uint64_t offset) override;
  std::optional<registry::ManifestRecord> find_manifest(const std::string& repository,
                                                        const oci::Digest& manifest) override;
  std::optional<oci::Digest> find_tag(const std::string& repository,
                                      const std::string& tag) override;
  std::optional<std::vector<std::string>> tags(const std::string& repository) override;
  /// None: images made by n2c name no subject.
  std::vector<registry::Referrer> referrers(const std::string& repository,
                                            const oci::Digest& subject) override;
  std::vector<std::string> repositories() override;

 private:
  /// An image's manifest and blobs, once every digest is known.
  struct Prepared {
    registry::ManifestRecord manifest;
    std::map<oci::Digest, Blob> blobs;
  };
  struct Entry {
    ServedImage served;
    std::promise<Prepared> promise{};
    std::shared_future<Prepared> prepared{};
  };

  void prepare_all(std::stop_token stop);
  Prepared prepare(const Image& image, std::stop_token stop);
  void work_out(const Image& image, std::stop_token stop);
  Blob stored_layer(const Layer& layer, const oci::Descriptor& form);
  /// The first of the repository's images that `has` says; those that are ready are asked first,
  /// the others waited for. Null when none has. Throws what an image failed with when none has.
  const Prepared* find(const std::string& repository,
                       const std::function<bool(const Prepared&)>& has) const;
  const Blob* find_blob(const std::string& repository, const oci::Digest& blob) const;

  ServeOptions options_;
  CompressionPool pool_;
  std::vector<Entry> entries_;
  std::jthread worker_;
};

}  // namespace n2c
