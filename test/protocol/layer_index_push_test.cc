#include "remote/layer_index.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "base/tasks.h"
#include "codec/codec.h"
#include "remote/prune_index.h"
#include "test/support/check_fails.h"
#include "test/support/push_scene.h"
#include "test/support/silent_progress.h"
#include "test/support/transports.h"

namespace layer_index_push_test {

using namespace n2c;
using namespace n2c::test;
namespace mt = oci::media_type;

namespace {

WatchedImage image_of(std::initializer_list<std::string> layers) {
  WatchedImage made;
  for (const std::string& bytes : layers) made.add(bytes);
  made.describe("amd64");
  return made;
}

/// Every push is one of a machine that knows nothing, unless it remembers.
struct IndexScene : PushScene {
  bool remembers = false;
  std::vector<std::string> notes{};

  PushReport push(const Image& image, const std::string& to, bool verify = false) {
    SilentProgress progress;
    Registries registries({.retry = {.attempts = 1}});
    RegistryPush push = push_to(to);
    if (!remembers) push.cache_file.clear();
    push.layer_index = true;
    push.verify_reuse = verify;
    const PushReport report = push_to_registry(image, registries, push, progress, {});
    notes = progress.notes();
    return report;
  }

  LayerIndex index() {
    const auto digest = store().find_tag("acme/app", std::string(layer_index_tag));
    REQUIRE(digest);
    const auto held = LayerIndex::from_manifest(*store().find_manifest("acme/app", *digest));
    REQUIRE(held);
    return *held;
  }
  void hold(const oci::RawManifest& manifest) {
    store().put_manifest("acme/app", {.record = manifest, .tags = {std::string(layer_index_tag)}});
  }
  /// An index that says this.
  void claim(const PairedLayers& pairs) {
    LayerIndex claimed;
    claimed.add(pairs);
    hold(claimed.to_manifest());
  }
  /// Whether every layer that the tag's manifest names unpacks to the image's own.
  bool holds(const std::string& tag, const Image& image) {
    const auto digest = store().find_tag("acme/app", tag);
    if (!digest) return false;
    const auto manifest =
        oci::Manifest::from_json(store().find_manifest("acme/app", *digest)->json);
    if (!manifest || manifest->layers.size() != image.layers.size()) return false;
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
      auto blob = store().open("acme/app", manifest->layers[i].digest, 0);
      if (!blob) return false;
      if (oci::measure(decompress(std::move(blob)), {}).digest != image.layers[i].diff_id) {
        return false;
      }
    }
    return true;
  }
};

oci::Descriptor form_of(const PushReport& report, std::size_t layer) {
  return *report.layers[layer].form;
}

}  // namespace

TEST_CASE("with a layer index a new tag of an unchanged image costs three requests") {
  IndexScene scene;
  const WatchedImage image = image_of({pattern(100'000), "a small layer"});
  scene.push(image.image, "/acme/app:3f2a1bc");
  CHECK(scene.index().pairs().size() == 2);
  const int opened = image.opened();
  scene.forget_requests();
  const auto report = scene.push(image.image, "/acme/app:90ab12c");
  CHECK(report.count(BlobOutcome::present) == 2);
  CHECK(image.opened() == opened);
  CHECK(scene.requests() == 3);
  CHECK(scene.requests(cat("GET /v2/acme/app/manifests/", layer_index_tag)) == 1);
  CHECK(scene.requests(cat("HEAD /v2/acme/app/manifests/", report.manifest->digest.str())) == 1);
  CHECK(scene.requests("PUT /v2/acme/app/manifests/90ab12c") == 1);
  CHECK(scene.holds("90ab12c", image.image));
}

TEST_CASE("with a layer index a tag that is pushed again unchanged is not written again") {
  const WatchedImage image = image_of({pattern(100'000), "a small layer", "a small layer"});
  IndexScene scene;
  scene.push(image.image, "/acme/app:main");
  scene.push(image_of({"another"}).image, "/acme/app:other");
  scene.forget_requests();
  CHECK(scene.push(image.image, "/acme/app:main").nothing_written);
  CHECK(scene.requests() == 2);
  CHECK(scene.requests("HEAD /v2/acme/app/manifests/main") == 1);
  // A tag that names another image is moved, and one that is not there is made.
  for (const char* tag : {"other", "new"}) {
    scene.forget_requests();
    CHECK_FALSE(scene.push(image.image, cat("/acme/app:", tag)).nothing_written);
    CHECK(scene.requests("HEAD /v2/acme/app/manifests/") == 2);
    CHECK(scene.requests("PUT") == 1);
    CHECK(scene.requests("GET /v2/acme/app/") == 1);
    CHECK(scene.holds(tag, image.image));
  }
}

TEST_CASE("with a layer index this machine's last tag is not written again, whatever its form") {
  const WatchedImage image = image_of({pattern(100'000), "a small layer"});
  IndexScene scene;
  scene.remembers = true;
  scene.push(image.image, "/acme/app:3f2a1bc");
  scene.forget_requests();
  CHECK(scene.push(image.image, "/acme/app:3f2a1bc").nothing_written);
  CHECK(scene.requests() == 2);
}

TEST_CASE("with a layer index the layer that is new is read alone, and the index learns it") {
  IndexScene scene;
  const WatchedImage image = image_of({pattern(100'000), "a small layer"});
  scene.push(image.image, "/acme/app:1");
  WatchedImage next;
  next.share(image, 0);
  next.add("another small layer");
  next.describe("amd64");
  const int opened = image.opened();
  const auto report = scene.push(next.image, "/acme/app:2");
  CHECK(report.layers[0].outcome == BlobOutcome::present);
  CHECK(report.layers[1].outcome == BlobOutcome::sent);
  CHECK(image.opened() == opened);
  CHECK(scene.holds("2", next.image));
  CHECK(scene.index().pairs().size() == 3);
  CHECK(scene.index().has({{next.image.layers[1].diff_id, form_of(report, 1)}}));
  CHECK(scene.notes.empty());
}

TEST_CASE("a layer index whose pairs lie costs time, and is put right") {
  IndexScene scene;
  const WatchedImage image = image_of({pattern(100'000), "a small layer"});
  const WatchedImage other = image_of({"nothing in common"});
  const oci::Descriptor others = form_of(scene.push(other.image, "/acme/app:other"), 0);
  const auto& layers = image.image.layers;
  oci::Descriptor absent = others;
  absent.digest = oci::Digest::of("nowhere");
  const std::vector<PairedLayers> lies = {
      {{layers[0].diff_id, absent}, {layers[1].diff_id, absent}},
      {{layers[0].diff_id, absent}},
      {{other.image.layers[0].diff_id, others}, {layers[0].diff_id, others}},
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    CAPTURE(i);
    LayerIndex claimed;
    claimed.add(lies[i]);
    scene.hold(claimed.to_manifest());
    const std::string tag = cat("lie-", i);
    const auto report = scene.push(image.image, "/acme/app:" + tag);
    CHECK(scene.holds(tag, image.image));
    CHECK(scene.index().has(
        {{layers[0].diff_id, form_of(report, 0)}, {layers[1].diff_id, form_of(report, 1)}}));
  }
}

TEST_CASE("with --verify-reuse no blob is named for which a layer index lies") {
  IndexScene scene;
  const WatchedImage image = image_of({pattern(100'000), "a small layer"});
  const WatchedImage other = image_of({"nothing in common"});
  const oci::Descriptor others = form_of(scene.push(other.image, "/acme/app:other"), 0);
  scene.claim({{image.image.layers[1].diff_id, others}});
  scene.push(image.image, "/acme/app:1", true);
  CHECK(scene.holds("1", image.image));
  // The manifest that the lie leads to may be there.
  IndexScene poisoned;
  poisoned.push(other.image, "/acme/app:other");
  poisoned.push(image.image, "/acme/app:true");
  const auto first = form_of(poisoned.push(image.image, "/acme/app:true"), 0);
  poisoned.claim({{image.image.layers[0].diff_id, first}, {image.image.layers[1].diff_id, others}});
  poisoned.push(image.image, "/acme/app:poisoned");
  poisoned.claim({{image.image.layers[0].diff_id, first}, {image.image.layers[1].diff_id, others}});
  poisoned.push(image.image, "/acme/app:2", true);
  CHECK(poisoned.holds("2", image.image));
}

TEST_CASE("what is no layer index is left alone, and the push goes on") {
  const auto artifact = [](const std::string& type) {
    oci::Manifest manifest{.config = oci::describe("a/b", "{}"), .layers = {}};
    manifest.more = cat(R"({"artifactType":")", type, R"("})");
    return oci::RawManifest::of(mt::manifest, manifest.to_json());
  };
  const std::string huge =
      cat(R"({"schemaVersion":2,"annotations":{"x":")", std::string(5 << 20, 'x'), R"("}})");
  for (const oci::RawManifest& foreign :
       {artifact("application/vnd.example"), oci::RawManifest::of(mt::manifest, "{}"),
        oci::RawManifest::of(mt::manifest, R"({"schemaVersion":2,"layers":7})"),
        oci::RawManifest::of(mt::manifest, huge),
        oci::RawManifest::of(mt::index, R"({"schemaVersion":2,"manifests":[]})")}) {
    CAPTURE(foreign.json.substr(0, 80));
    IndexScene scene;
    scene.hold(foreign);
    const WatchedImage image = image_of({"a layer"});
    scene.push(image.image, "/acme/app:1");
    CHECK(scene.holds("1", image.image));
    CHECK(scene.store().find_tag("acme/app", std::string(layer_index_tag)) ==
          foreign.descriptor.digest);
    REQUIRE(scene.notes.size() == 1);
    CHECK(scene.notes[0].contains("the layer index was not written"));
  }
}

TEST_CASE("a layer index that cannot be read or written does not end a push") {
  for (const char* what : {"GET", "PUT"}) {
    for (const int status : {400, 401, 403, 405, 413, 429, 500}) {
      CAPTURE(what);
      CAPTURE(status);
      IndexScene scene;
      scene.interfere(cat(what, " /v2/acme/app/manifests/", layer_index_tag), status);
      const WatchedImage image = image_of({"a layer"});
      scene.push(image.image, "/acme/app:1");
      CHECK(scene.holds("1", image.image));
      CHECK_FALSE(scene.notes.empty());
    }
  }
}

TEST_CASE("an image is not pushed to the layer index's own tag") {
  IndexScene scene;
  const WatchedImage image = image_of({"a layer"});
  CHECK_FAILS(scene.push(image.image, cat("/acme/app:", layer_index_tag)), ErrorKind::usage,
              "the layer index's");
  CHECK(scene.requests() == 0);
}

TEST_CASE("of two that push at once no pair is lost for good, and none is wrong") {
  const int rounds = std::getenv("N2C_TEST_LONG") != nullptr ? 200 : 8;
  for (const bool is_guarded : {true, false}) {
    CAPTURE(is_guarded);
    IndexScene scene;
    if (!is_guarded) {
      for (const char* header : {"If-Match", "If-None-Match"}) scene.refuse_header(header, 0);
    }
    PairedLayers all;
    Registries registries({});
    for (int round = 0; round < rounds; ++round) {
      const WatchedImage images[] = {image_of({cat("left ", round)}),
                                     image_of({cat("right ", round)})};
      PushReport reports[2];
      const auto push = [&](std::size_t i, std::stop_token stop) {
        SilentProgress progress;
        RegistryPush push = scene.push_to(cat("/acme/app:", i, "-", round));
        push.cache_file.clear();
        push.layer_index = true;
        reports[i] = push_to_registry(images[i].image, registries, push, progress, std::move(stop));
      };
      run_side_by_side(2, 2, {}, push);
      // Who lost a race is made up for by the next push of that image.
      for (const std::size_t i : {0UZ, 1UZ}) {
        if (!is_guarded) push(i, {});
        all.emplace_back(images[i].image.layers[0].diff_id, form_of(reports[i], 0));
      }
      CHECK(scene.index().has(all));
      CHECK(scene.index().pairs().size() == all.size());
    }
  }
}

TEST_CASE("what another wrote between the reading and the writing of a layer index is kept") {
  const WatchedImage first = image_of({"first"}), mine = image_of({"mine"}),
                     theirs = image_of({"theirs"});
  const std::string tag{layer_index_tag};
  for (const bool is_there : {true, false}) {
    CAPTURE(is_there);
    IndexScene scene;
    PairedLayers all;
    const auto push = [&](const WatchedImage& image) {
      all.emplace_back(image.image.layers[0].diff_id,
                       form_of(scene.push(image.image, "/acme/app:1"), 0));
    };
    push(theirs);
    scene.store().remove_tag("acme/app", tag);
    if (is_there) push(first);
    scene.forget_requests();
    // The other comes while the first write is on its way.
    scene.before("PUT /v2/acme/app/manifests/" + tag, [&] { scene.claim(all); });
    push(mine);
    CHECK(scene.index().has(all));
    CHECK(scene.index().pairs().size() == all.size());
    // Two reads before, a refused write, a read, a write that nobody has to read back.
    CHECK(scene.requests("PUT /v2/acme/app/manifests/" + tag) == 2);
    CHECK(scene.requests("GET /v2/acme/app/manifests/" + tag) == 3);
    CHECK(scene.notes.empty());
  }
}

TEST_CASE("a registry that cannot tell whether a layer index was changed is believed once") {
  for (const int status : {412, 400, 405, 501}) {
    CAPTURE(status);
    IndexScene scene;
    scene.refuse_header("If-None-Match", status);
    scene.refuse_header("If-Match", status);
    for (const char* tag : {"1", "2"}) {
      const WatchedImage next = image_of({tag});
      const auto report = scene.push(next.image, cat("/acme/app:", tag));
      CHECK(scene.index().has({{next.image.layers[0].diff_id, form_of(report, 0)}}));
      CHECK(scene.notes.empty());
    }
    CHECK(scene.index().pairs().size() == 2);
    CHECK(scene.requests(cat("PUT /v2/acme/app/manifests/", layer_index_tag)) == 4);
  }
}

TEST_CASE("a conflict over a layer index is never written over (#22)") {
  IndexScene scene;
  scene.refuse_header("If-None-Match", 409);
  scene.push(image_of({"mine"}).image, "/acme/app:1");
  CHECK_FALSE(scene.store().find_tag("acme/app", std::string(layer_index_tag)));
  CHECK(scene.requests(cat("PUT /v2/acme/app/manifests/", layer_index_tag)) == 5);
  REQUIRE(scene.notes.size() == 1);
  CHECK_MESSAGE(scene.notes[0].contains("409"), scene.notes[0]);
}

TEST_CASE("pruning drops what is old and what is gone, and at last the index") {
  IndexScene scene;
  const WatchedImage first = image_of({"first"}), second = image_of({"second"});
  const oci::Descriptor old = form_of(scene.push(first.image, "/acme/app:1"), 0);
  const oci::Descriptor newer = form_of(scene.push(second.image, "/acme/app:2"), 0);
  Registries registries({});
  auto client = registries.client({scene.host(), "acme/app"}, registry::Access::remove);
  const auto pruned = prune_layer_index(client, 1, {});
  REQUIRE(pruned);
  CHECK(pruned->kept == 1);
  CHECK(pruned->dropped == 1);
  CHECK(scene.index().pairs() == PairedLayers{{second.image.layers[0].diff_id, newer}});
  scene.push(first.image, "/acme/app:3");
  CHECK(scene.index().pairs().size() == 2);
  scene.store().remove_blob("acme/app", old.digest);
  CHECK(prune_layer_index(client, 5, {})->kept == 1);
  CHECK(prune_layer_index(client, 5, {})->dropped == 0);
  CHECK(prune_layer_index(client, 0, {})->kept == 0);
  CHECK_FALSE(scene.store().find_tag("acme/app", std::string(layer_index_tag)));
  CHECK_FALSE(prune_layer_index(client, 5, {}));
}

}  // namespace layer_index_push_test
