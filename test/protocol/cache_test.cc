#include <doctest/doctest.h>

#include "cache/digest_cache.h"
#include "test/support/push_scene.h"
#include "test/support/silent_progress.h"
#include "test/support/transports.h"

namespace cache_test {

using namespace n2c;
using namespace n2c::test;

namespace {

/// An image of two layers, one of them large, and where it is pushed to.
struct Scene : PushScene {
  WatchedImage watched;

  Scene() {
    watched.add(pattern(9'000'000));
    watched.add("a small layer");
    watched.describe("amd64");
  }

  PushReport push(const std::string& to, bool reuse = true, bool dry_run = false) {
    SilentProgress progress;
    Registries registries({});
    RegistryPush push = push_to(to);
    push.reuse = reuse;
    push.options.dry_run = dry_run;
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

TEST_CASE("a dry run says what would be mounted, and writes nothing") {
  Scene scene;
  scene.push("/acme/app:1");
  scene.forget_requests();
  CHECK(scene.push("/acme/other:1", true, true).count(BlobOutcome::mounted) == 2);
  CHECK(scene.requests("GET ") + scene.requests("HEAD ") == scene.requests());
  CHECK(scene.push("/acme/other:1").count(BlobOutcome::mounted) == 2);
}

TEST_CASE("an unchanged push asks once with a cache, and twice without") {
  Scene scene;
  scene.push("/acme/app:1");
  scene.forget_requests();
  CHECK(scene.push("/acme/app:1").nothing_written);
  CHECK(scene.requests() == 1);
  scene.lose_cache();
  scene.forget_requests();
  CHECK(scene.push("/acme/app:1").nothing_written);
  CHECK(scene.requests() == 2);
}

TEST_CASE("a lost cache is made up for by the repository") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.watched.opened();
  scene.lose_cache();
  CHECK(scene.push("/acme/app:1").nothing_written);
  CHECK(scene.watched.opened() == opened);
}

TEST_CASE("the tag pushed last teaches what the cache does not know") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.watched.opened();
  // Only the push is remembered, as if another recipe had been used here.
  const auto file = scene.cache_file();
  std::filesystem::remove(file);
  DigestCache cache(file);
  cache.add_push({scene.host(), "acme/app"}, "1");
  cache.save();
  CHECK(scene.push("/acme/app:2").count(BlobOutcome::present) == 2);
  CHECK(scene.watched.opened() == opened);
}

TEST_CASE("what the cache says is asked for, never believed") {
  Scene scene;
  const auto file = scene.cache_file();
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
  const auto file = scene.cache_file();
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

}  // namespace cache_test
