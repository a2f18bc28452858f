#include <doctest/doctest.h>

#include "cache/digest_cache.h"
#include "test/support/push_scene.h"
#include "test/support/silent_progress.h"
#include "test/support/transports.h"

namespace index_push_test {

using namespace n2c;
using namespace n2c::test;

namespace {

/// Two images that share a large layer, each with a small one of its own.
struct Scene : PushScene {
  WatchedImage amd64, arm64;
  SilentProgress progress;

  Scene() {
    amd64.add(pattern(5'000'000));
    amd64.add("the layer of amd64");
    amd64.describe("amd64");
    arm64.share(amd64, 0);
    arm64.add("the layer of arm64");
    arm64.describe("arm64");
  }

  IndexReport push(const RegistryPush& push) {
    Registries registries({});
    const std::vector<IndexPart> parts{{"amd64.json", amd64.image}, {"arm64.json", arm64.image}};
    return push_to_registry({.parts = parts}, registries, push, progress, {});
  }
  IndexReport push(const std::string& to) { return push(push_to(to)); }

  PushReport push_one(const WatchedImage& image, const std::string& to) {
    Registries registries({});
    return push_to_registry(image.image, registries, push_to(to), progress, {});
  }

  /// As arm64 is, with one small layer more.
  void change_arm64() {
    arm64.add("a layer that is new");
    arm64.describe("arm64");
  }
  int opened() const { return amd64.opened() + arm64.sources[1]->opened; }
  int writes() const { return requests("PUT") + requests("POST") + requests("PATCH"); }
  bool holds(const std::string& tag, const oci::Digest& digest) {
    return store().find_tag("acme/app", tag) == digest;
  }
};

}  // namespace

TEST_CASE("a layer that images of an index share is compressed once and sent once") {
  for (const Codec codec : {Codec::gzip, Codec::zstd}) {
    Scene scene;
    RegistryPush push = scene.push_to("/acme/app:1");
    push.options.compression.codec = codec;
    const IndexReport report = scene.push(push);
    CHECK(scene.amd64.sources[0]->opened == 1);
    CHECK(report.sent == 3);
    CHECK(report.present == 1);
    CHECK(scene.holds("1", report.index.digest));
  }
}

TEST_CASE("an index pushed again asks for its tag once, and for nothing else") {
  Scene scene;
  const auto first = scene.push("/acme/app:1");
  const int opened = scene.opened();
  scene.forget_requests();
  const auto second = scene.push("/acme/app:1");
  CHECK(second.nothing_written);
  CHECK(second.index.digest == first.index.digest);
  CHECK(second.present == 4);
  CHECK(scene.requests("GET /v2/acme/app/manifests/1") == 1);
  CHECK(scene.requests() == 1);
  CHECK(scene.opened() == opened);
}

TEST_CASE("without a cache an unchanged index and its images are read, and nothing is written") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.opened();
  scene.lose_cache();
  scene.forget_requests();
  CHECK(scene.push("/acme/app:1").nothing_written);
  CHECK(scene.requests("GET /v2/acme/app/manifests/") == 3);
  CHECK(scene.requests("GET /v2/acme/app/blobs/") == 2);  // the configs
  CHECK(scene.requests() == 5);
  CHECK(scene.opened() == opened);
}

TEST_CASE("a further tag of an index that is there costs one manifest") {
  Scene scene;
  const auto first = scene.push("/acme/app:1");
  SUBCASE("beside the tag that has it") {
    RegistryPush both = scene.push_to("/acme/app:1");
    both.more_tags = {"2"};
    scene.forget_requests();
    scene.push(both);
    // Two tags are asked for, the base URL for a challenge, and one tag is written.
    CHECK(scene.requests() == 4);
  }
  SUBCASE("alone, when the other was pushed last") {
    scene.forget_requests();
    scene.push("/acme/app:2");
    CHECK(scene.requests("HEAD /v2/acme/app/manifests/1") == 1);
    CHECK(scene.requests() == 4);
  }
  CHECK(scene.requests("PUT /v2/acme/app/manifests/2") == 1);
  CHECK(scene.writes() == 1);
  CHECK(scene.holds("2", first.index.digest));
}

TEST_CASE("of two images the changed one is sent, as far as it changed") {
  Scene scene;
  scene.push("/acme/app:1");
  bool with_cache = true;
  SUBCASE("with the cache") {}
  SUBCASE("without it") {
    with_cache = false;
    scene.lose_cache();
  }
  const int opened = scene.opened();
  scene.change_arm64();
  scene.forget_requests();
  const auto report = scene.push("/acme/app:1");
  CHECK(report.sent == 1);
  CHECK(scene.requests("PUT /v2/acme/app/blobs/uploads/") == 2);  // the layer and the config
  CHECK(scene.requests("PUT /v2/acme/app/manifests/") == 2);      // the image and the index
  // What did not change is known to be there by its manifest.
  CHECK(scene.requests("HEAD /v2/acme/app/manifests/") == (with_cache ? 1 : 0));
  CHECK(scene.opened() == opened);
  CHECK(scene.holds("1", report.index.digest));
}

TEST_CASE("an index that two tags hold is looked into once") {
  Scene scene;
  scene.push("/acme/app:1");
  scene.push("/acme/app:2");  // the last one
  scene.change_arm64();
  scene.forget_requests();
  scene.push("/acme/app:1");
  CHECK(scene.requests("GET /v2/acme/app/manifests/") == 3);  // the tags and the older arm64
  CHECK(scene.requests("GET /v2/acme/app/blobs/") == 1);
}

TEST_CASE("an index goes to another tag or repository without compressing anything") {
  Scene scene;
  scene.push("/acme/app:1");
  scene.change_arm64();
  scene.push("/acme/app:1");
  const int opened = scene.opened() + scene.arm64.sources[2]->opened;
  CHECK(scene.push("/acme/app:2").sent == 0);
  CHECK(scene.push("/acme/other:1").sent == 0);
  CHECK(scene.opened() + scene.arm64.sources[2]->opened == opened);
}

TEST_CASE("an image of the index that the tag holds is only tagged, when it is pushed alone") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.opened();
  SUBCASE("with the cache") {}
  SUBCASE("without it") { scene.lose_cache(); }
  scene.forget_requests();
  const auto one = scene.push_one(scene.arm64, "/acme/app:1");
  CHECK(one.count(BlobOutcome::present) == 2);
  CHECK(scene.requests("PUT /v2/acme/app/manifests/1") == 1);
  CHECK(scene.writes() == 1);
  CHECK(scene.opened() == opened);
}

TEST_CASE("an index over the one image that the tag holds sends the others' layers alone") {
  Scene scene;
  scene.push_one(scene.arm64, "/acme/app:1");
  const int opened = scene.opened();
  SUBCASE("with the cache") {}
  SUBCASE("without it") { scene.lose_cache(); }
  scene.forget_requests();
  CHECK(scene.push("/acme/app:1").sent == 1);
  CHECK(scene.opened() == opened + 1);
  CHECK(scene.requests("PUT /v2/acme/app/manifests/") == 2);  // amd64's and the index
}

TEST_CASE("an index's images can be learnt from with --reuse-from, in another repository too") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.opened();
  scene.lose_cache();
  RegistryPush push = scene.push_to("/acme/other:1");
  push.reuse_from = {scene.push_to("/acme/app:1").to};
  const auto report = scene.push(push);
  CHECK(report.sent == 0);
  CHECK(report.mounted == 3);
  CHECK(scene.opened() == opened);
}

TEST_CASE("an image that the index at the tag names, and that was removed, is written again") {
  Scene scene;
  const auto first = scene.push("/acme/app:1");
  CHECK(scene.store().remove_manifest("acme/app", first.manifests[0].digest));
  scene.change_arm64();
  const auto report = scene.push("/acme/app:1");
  CHECK(report.manifests[0].digest == first.manifests[0].digest);
  CHECK(scene.store().find_manifest("acme/app", first.manifests[0].digest));
}

TEST_CASE("an index reuses nothing without reuse, and still compresses shared layers once") {
  Scene scene;
  scene.push("/acme/app:1");
  RegistryPush push = scene.push_to("/acme/app:1");
  push.reuse = false;
  scene.forget_requests();
  scene.push(push);
  CHECK(scene.amd64.sources[0]->opened == 2);
  CHECK(scene.requests("GET") == 0);
}

TEST_CASE("a false form is found by --verify-reuse in an index too, and the layer itself is sent") {
  Scene scene;
  scene.push_one(scene.amd64, "/acme/app:0");
  CHECK(scene.store().remove_tag("acme/app", "0"));  // or it would tell the truth
  scene.push_one(scene.arm64, "/acme/other:1");
  const std::string recipe = Compression{}.recipe();
  const auto diff_id = scene.arm64.image.layers[1].diff_id;
  const DigestCache all(scene.cache_file());
  scene.lose_cache();
  DigestCache cache(scene.cache_file());
  cache.add_form(diff_id, recipe, *all.find_form(scene.amd64.image.layers[1].diff_id, recipe));
  cache.save();
  RegistryPush push = scene.push_to("/acme/app:1");
  push.verify_reuse = true;
  scene.push(push);
  CHECK(scene.progress.notes().size() == 1);
  CHECK(DigestCache(scene.cache_file()).find_form(diff_id, recipe) ==
        all.find_form(diff_id, recipe));
}

}  // namespace index_push_test
