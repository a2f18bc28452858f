#pragma once
/// A push to nowhere, in order to know what it would write.

#include <optional>
#include <string>
#include <utility>

#include "image/image.h"
#include "oci/descriptor.h"
#include "transfer/blob_store.h"

namespace n2c {

/// Takes an image's blobs in order to know their digests and sizes, and keeps none.
class MeasuringStore final : public BlobStore {
 public:
  std::optional<BlobOutcome> find(const oci::Descriptor&, std::stop_token) override { return {}; }
  PutBlob put(const ByteSource& bytes, std::string media_type, std::optional<oci::Descriptor> known,
              std::atomic<std::uint64_t>&, std::stop_token stop) override {
    if (known) return *known;
    return oci::measure(bytes.open(), std::move(media_type), stop);
  }
  ManifestOutcome put_manifest(const oci::Descriptor& manifest, std::string_view json,
                               std::span<const std::string>, std::stop_token) override {
    manifest_.emplace(manifest, std::make_shared<MemorySource>(std::string(json)));
    return {};
  }
  /// The one that was put last.
  const Blob& manifest() const { return *manifest_; }

 private:
  std::optional<Blob> manifest_;
};

}  // namespace n2c
