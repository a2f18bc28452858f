#include <doctest/doctest.h>

#include "base/file.h"
#include "base/text.h"
#include "oci/config.h"
#include "push/digest_cache.h"
#include "push/registry_push.h"
#include "registry/server/api.h"
#include "registry/server/memory_store.h"
#include "registry/server/server.h"
#include "test/support/silent_progress.h"
#include "test/support/transports.h"

using namespace n2c;
using namespace n2c::test;

namespace {

/// Bytes that can be refused, so that a test sees whether they were read.
class WatchedSource final : public ByteSource {
 public:
  explicit WatchedSource(std::string bytes) : bytes_(std::move(bytes)) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override {
    ++opened;
    return bytes_.open(offset);
  }
  mutable std::atomic<int> opened = 0;

 private:
  MemorySource bytes_;
};

struct WatchedImage {
  std::vector<std::shared_ptr<WatchedSource>> sources;
  Image image{.config_json = "{}", .platform = {}, .layers = {}};

  void add(std::string bytes) {
    const auto digest = oci::Digest::of(bytes);
    const std::uint64_t size = bytes.size();
    sources.push_back(std::make_shared<WatchedSource>(std::move(bytes)));
    image.layers.push_back(
        {.diff_id = digest,
         .blob = {{std::string(oci::media_type::layer_tar), digest, size}, sources.back()}});
  }
  int opened() const {
    int all = 0;
    for (const auto& source : sources) all += source->opened;
    return all;
  }
};

/// A registry, a cache file, and an image of two layers, one of them large.
struct Scene {
  registry::MemoryStore store;
  registry::Api api{store};
  std::atomic<int> requests = 0;
  registry::Server server{api, {}, [this](const registry::Exchange&) {
                            ++requests;
                            return std::optional<registry::Verdict>();
                          }};
  TemporaryFolder folder;
  WatchedImage watched;

  Scene() {
    watched.add(pattern(9'000'000));
    watched.add("a small layer");
    oci::Config config{.platform = {.os = "linux", .architecture = "amd64"}};
    for (const Layer& layer : watched.image.layers) config.diff_ids.push_back(layer.diff_id);
    watched.image.config_json = config.to_json();
  }

  PushReport push(const std::string& to, bool reuse = true) {
    SilentProgress progress;
    Registries registries({});
    RegistryPush push{.to = or_throw(oci::Reference::parse(cat("127.0.0.1:", server.port(), to)),
                                     ErrorKind::usage, "reference"),
                      .reuse = reuse,
                      .cache_file = folder.path() / "pushes"};
    return push_to_registry(watched.image, registries, push, progress, {});
  }
};

}  // namespace

TEST_CASE("a layer compressed once is not read again for another tag or repository") {
  Scene scene;
  CHECK(scene.push("/acme/app:1").count(BlobOutcome::sent) == 2);
  const int opened = scene.watched.opened();
  const auto second = scene.push("/acme/app:2");
  CHECK(second.count(BlobOutcome::present) == 2);
  const auto sibling = scene.push("/acme/other:1");
  CHECK(sibling.count(BlobOutcome::sent) == 0);
  CHECK(scene.watched.opened() == opened);
}

TEST_CASE("an unchanged push asks once with a cache, and twice without") {
  Scene scene;
  scene.push("/acme/app:1");
  scene.requests = 0;
  CHECK(scene.push("/acme/app:1").nothing_written);
  CHECK(scene.requests == 1);
  std::filesystem::remove(scene.folder.path() / "pushes");
  scene.requests = 0;
  CHECK(scene.push("/acme/app:1").nothing_written);
  CHECK(scene.requests == 2);
}

TEST_CASE("a lost cache is made up for by the repository") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.watched.opened();
  std::filesystem::remove(scene.folder.path() / "pushes");
  CHECK(scene.push("/acme/app:1").nothing_written);
  CHECK(scene.watched.opened() == opened);
}

TEST_CASE("the tag pushed last teaches what the cache does not know") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.watched.opened();
  // Only the push is remembered, as if another recipe had been used here.
  const auto file = scene.folder.path() / "pushes";
  std::filesystem::remove(file);
  DigestCache cache(file);
  cache.add_push({cat("127.0.0.1:", scene.server.port()), "acme/app"}, "1");
  cache.save();
  CHECK(scene.push("/acme/app:2").count(BlobOutcome::present) == 2);
  CHECK(scene.watched.opened() == opened);
}

TEST_CASE("what the cache says is asked for, never believed") {
  Scene scene;
  const auto file = scene.folder.path() / "pushes";
  DigestCache cache(file);
  const auto diff_id = scene.watched.image.layers[0].diff_id;
  cache.add_form(diff_id, Compression{}.recipe(), {oci::Digest::of("a blob long gone"), 16});
  cache.save();
  const auto report = scene.push("/acme/app:1");
  CHECK(report.count(BlobOutcome::sent) == 2);
  CHECK(report.layers[0].form->digest != oci::Digest::of("a blob long gone"));
  // And what the cache said wrong is put right.
  CHECK(DigestCache(file).find_form(diff_id, Compression{}.recipe())->digest ==
        report.layers[0].form->digest);
}

TEST_CASE("what is remembered wrong is put right also where the registry has the layer already") {
  Scene scene;
  scene.push("/acme/app:1");
  const auto file = scene.folder.path() / "pushes";
  const auto diff_id = scene.watched.image.layers[1].diff_id;
  const auto right = DigestCache(file).find_form(diff_id, Compression{}.recipe());
  std::filesystem::remove(file);
  DigestCache cache(file);
  cache.add_form(diff_id, Compression{}.recipe(), {oci::Digest::of("no such blob"), 12});
  cache.save();
  const auto report = scene.push("/acme/app:2");
  CHECK(report.layers[1].outcome == BlobOutcome::present);
  CHECK(report.layers[1].form->digest == right->digest);
  CHECK(DigestCache(file).find_form(diff_id, Compression{}.recipe()) == right);
}

TEST_CASE("without reuse everything is compressed anew") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.watched.opened();
  scene.push("/acme/app:1", false);
  CHECK(scene.watched.opened() > opened);
}
