#include "push/loopback_registry.h"

#include <algorithm>
#include <atomic>
#include <set>

#include "base/locked.h"
#include "base/text.h"
#include "push/counting_reader.h"
#include "registry/server/store.h"

namespace n2c {

namespace {
constexpr std::string_view repository_path = "n2c";
}

/// The store behind it: one repository, one tag. Counts what is read.
class LoopbackRegistry::OneImage final : public registry::Store {
 public:
  explicit OneImage(const ManifestBlobs& image) : image_(image) {}

  std::optional<std::uint64_t> stat(const std::string& repository,
                                    const oci::Digest& blob) override {
    const Blob* found = find(repository, blob);
    if (found == nullptr) return {};
    return found->descriptor.size;
  }
  std::unique_ptr<Reader> open(const std::string& repository, const oci::Digest& blob,
                               std::uint64_t offset) override {
    const Blob* found = find(repository, blob);
    if (found == nullptr) return nullptr;
    const bool is_layer = found - image_.blobs.data() >= 2;  // behind manifest and config
    if (is_layer) fetched_.with([&](auto& fetched) { fetched.insert(blob); });
    return std::make_unique<CountingReader>(found->bytes->open(offset), bytes_);
  }
  std::optional<registry::ManifestRecord> find_manifest(const std::string& repository,
                                                        const oci::Digest& manifest) override {
    if (repository != repository_path || manifest != image_.manifest.digest) return {};
    return registry::ManifestRecord{
        image_.manifest, read_all(*image_.blobs.front().bytes->open(), oci::max_manifest_bytes)};
  }
  std::optional<oci::Digest> find_tag(const std::string& repository,
                                      const std::string& tag) override {
    if (repository != repository_path || tag != image_.manifest.digest.hex()) return {};
    return image_.manifest.digest;
  }
  std::optional<std::vector<std::string>> tags(const std::string& repository) override {
    if (repository != repository_path) return {};
    return std::vector{image_.manifest.digest.hex()};
  }
  std::vector<registry::Referrer> referrers(const std::string&, const oci::Digest&) override {
    return {};
  }
  std::vector<std::string> repositories() override { return {std::string(repository_path)}; }

  std::size_t layers() const {
    return fetched_.with([](const auto& fetched) { return fetched.size(); });
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  const Blob* find(const std::string& repository, const oci::Digest& digest) const {
    if (repository != repository_path) return nullptr;
    const auto found =
        std::ranges::find_if(image_.blobs.begin() + 1, image_.blobs.end(),
                             [&](const Blob& blob) { return blob.descriptor.digest == digest; });
    return found != image_.blobs.end() ? &*found : nullptr;
  }

  const ManifestBlobs& image_;
  Locked<std::set<oci::Digest>> fetched_;
  std::atomic<std::uint64_t> bytes_ = 0;
};

LoopbackRegistry::LoopbackRegistry(const ManifestBlobs& image)
    : image_(image),
      store_(std::make_unique<OneImage>(image)),
      api_(std::make_unique<registry::Api>(*store_, registry::ApiOptions{.read_only = true})),
      server_(std::make_unique<registry::Server>(*api_, registry::ServerOptions{})) {}

LoopbackRegistry::~LoopbackRegistry() = default;

std::string LoopbackRegistry::repository() const {
  return cat("127.0.0.1:", server_->port(), "/", repository_path);
}

std::string LoopbackRegistry::tag() const { return image_.manifest.digest.hex(); }

std::size_t LoopbackRegistry::layers_sent() const { return store_->layers(); }

std::uint64_t LoopbackRegistry::bytes_sent() const { return store_->bytes(); }

}  // namespace n2c
