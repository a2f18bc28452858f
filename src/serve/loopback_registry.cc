#include "serve/loopback_registry.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <set>
#include <span>

#include "base/counting_reader.h"
#include "base/locked.h"
#include "base/text.h"
#include "registry/server/guard/host_guard.h"
#include "registry/server/store/store.h"
#include "serve/head_start.h"

namespace n2c {

namespace {
constexpr std::string_view repository_path = "n2c";
constexpr std::ptrdiff_t before_layers = 2;  // the manifest and the config

/// Keeps the first failure to read, and asks for a stop then.
class FirstFailure {
 public:
  /// Returns what read() returns. What it throws is noted and thrown on.
  template <class Read>
  auto noting(Read&& read) {
    try {
      return read();
    } catch (...) {
      failure_.with([](auto& first) {
        if (!first) first = std::current_exception();
      });
      stop_.request_stop();
      throw;
    }
  }
  void rethrow() const {
    const auto failure = failure_.with([](const auto& first) { return first; });
    if (failure) std::rethrow_exception(failure);
  }
  std::stop_source& stop() { return stop_; }

 private:
  Locked<std::exception_ptr> failure_;
  std::stop_source stop_;
};

class WatchedReader final : public Reader {
 public:
  WatchedReader(std::unique_ptr<Reader> from, FirstFailure& failure)
      : from_(std::move(from)), failure_(failure) {}
  std::size_t read(ByteSpan into) override {
    return failure_.noting([&] { return from_->read(into); });
  }

 private:
  std::unique_ptr<Reader> from_;
  FirstFailure& failure_;
};

/// No read-ahead: the engine is slower than reading is, and can use every processor.
registry::ServerOptions server_options() {
  registry::ServerOptions options;
  options.read_ahead_from = std::numeric_limits<std::uint64_t>::max();
  return options;
}

}  // namespace

/// The store behind it: one repository, one tag. Counts what is read.
class LoopbackRegistry::OneImage final : public registry::Store {
 public:
  explicit OneImage(const ManifestBlobs& image)
      : image_(image), head_start_(std::span(image.blobs).subspan(before_layers), clock_) {}

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
    auto bytes = failure_.noting([&] { return found->bytes->open(offset); });
    if (found - image_.blobs.data() >= before_layers) {
      fetched_.with([&](auto& fetched) { fetched.insert(blob); });
      bytes = head_start_.pace(*found, std::move(bytes));
    }
    bytes = std::make_unique<WatchedReader>(std::move(bytes), failure_);
    return std::make_unique<CountingReader>(std::move(bytes), bytes_);
  }
  std::optional<oci::RawManifest> find_manifest(const std::string& repository,
                                                const oci::Digest& manifest) override {
    if (repository != repository_path || manifest != image_.manifest.digest) return {};
    return oci::RawManifest{image_.manifest,
                            read_all(*image_.blobs.front().bytes->open(), oci::max_manifest_bytes)};
  }
  std::optional<oci::Digest> find_tag(const std::string& repository,
                                      const std::string& tag) override {
    if (repository != repository_path || tag != image_.manifest.digest.hex()) return {};
    return image_.manifest.digest;
  }
  std::optional<std::vector<std::string>> tags(const std::string& repository,
                                               const registry::TagRange&) override {
    if (repository != repository_path) return {};
    return std::vector{image_.manifest.digest.hex()};
  }
  std::vector<oci::Digest> referrers(const std::string&, const oci::Digest&) override { return {}; }
  std::vector<std::string> repositories() override { return {std::string(repository_path)}; }

  std::size_t layers() const {
    return fetched_.with([](const auto& fetched) { return fetched.size(); });
  }
  std::uint64_t bytes() const { return bytes_; }
  FirstFailure& failure() { return failure_; }

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
  FirstFailure failure_;
  SystemClock clock_;
  HeadStart head_start_;
};

LoopbackRegistry::LoopbackRegistry(const ManifestBlobs& image)
    : image_(image),
      store_(std::make_unique<OneImage>(image)),
      api_(std::make_unique<registry::Api>(*store_, registry::ApiOptions{.read_only = true})),
      server_(std::make_unique<registry::Server>(
          registry::with_host_guard(
              {}, [this](registry::Request& request) { return api_->handle(request); }),
          server_options())) {}

LoopbackRegistry::~LoopbackRegistry() = default;

std::string LoopbackRegistry::repository() const {
  return cat("127.0.0.1:", server_->port(), "/", repository_path);
}

std::string LoopbackRegistry::tag() const { return image_.manifest.digest.hex(); }

void LoopbackRegistry::serve(std::stop_token stop,
                             const std::function<void(std::stop_token)>& pull) const {
  FirstFailure& failure = store_->failure();
  const std::stop_callback pass_on(std::move(stop), [&] { failure.stop().request_stop(); });
  try {
    pull(failure.stop().get_token());
  } catch (...) {
    failure.rethrow();
    throw;
  }
  failure.rethrow();
}

std::size_t LoopbackRegistry::layers_sent() const { return store_->layers(); }

std::uint64_t LoopbackRegistry::bytes_sent() const { return store_->bytes(); }

}  // namespace n2c
