/// One image through every registry's habits. What arrives is whole and right.

#include <doctest/doctest.h>

#include "test/support/check_fails.h"
#include "test/support/push_rig.h"

namespace personalities_test {

using namespace n2c;
using namespace n2c::test;

namespace {

constexpr std::size_t layer_bytes = 400'000;

/// Nothing of a login reaches the storage that a registry leads to.
void check_storage(const FaultyRegistry& registry) {
  for (const Arrival& arrival : registry.storage_arrivals()) {
    CHECK_FALSE(arrival.headers.find("Authorization"));
  }
}

}  // namespace

TEST_CASE("one image arrives whole at every registry, and a second push sends nothing") {
  const Image image = small_image(5, layer_bytes);
  for (const Personality& personality : all_personalities()) {
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    PushRig rig(registry);
    const PushReport first = rig.push(image);
    CHECK(holds_whole(registry, first));
    CHECK(first.count(BlobOutcome::sent) == 5);
    const PushReport second = rig.push(image);
    CHECK(second.count(BlobOutcome::present) == 5);
    CHECK(second.count(BlobOutcome::sent) == 0);
    CHECK(registry.sessions_used_twice().empty());
    check_storage(registry);
  }
}

TEST_CASE("compressed on the way, with digests that come out of the sending, it arrives as well") {
  const Image image = small_image(5, layer_bytes);
  for (const Personality& personality : all_personalities()) {
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    PushRig rig(registry);
    const PushReport report = rig.push_as(image, {.tags = {"1"}});
    CHECK(holds_whole(registry, report));
    check_storage(registry);
  }
}

TEST_CASE("in chunks it arrives as well") {
  const Image image = small_image(3, layer_bytes);
  for (const Personality& personality : all_personalities()) {
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    PushRig rig(registry, {.profile = {.chunk = 150'000}});
    CHECK(holds_whole(registry, rig.push(image)));
    CHECK(holds_whole(registry, rig.push_as(small_image(3, layer_bytes, 2), {.tags = {"2"}}), "2"));
  }
}

TEST_CASE("layers are mounted from a sibling, or sent where mounting is refused") {
  const Image image = small_image(3, layer_bytes);
  for (const Personality& personality : all_personalities()) {
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    for (const Layer& layer : image.layers) {
      auto staged = registry.store().stage();
      copy(*layer.blob.bytes->open(), *staged);
      registry.store().commit("acme/base", layer.blob.descriptor.digest, std::move(staged));
    }
    PushRig rig(registry, {.mount_from = {"acme/base"}});
    const PushReport report = rig.push(image);
    CHECK(holds_whole(registry, report));
    const bool mounts = personality.mounting == Mounting::works && !personality.one_scope;
    if (mounts) CHECK(report.count(BlobOutcome::mounted) == 3);
  }
}

TEST_CASE("layers that any other repository has are mounted unasked, where the registry does so") {
  const Image image = small_image(6, layer_bytes);
  for (const Personality& personality : all_personalities()) {
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    for (const Layer& layer : image.layers) {
      auto staged = registry.store().stage();
      copy(*layer.blob.bytes->open(), *staged);
      registry.store().commit("acme/base", layer.blob.descriptor.digest, std::move(staged));
    }
    PushRig rig(registry);
    const PushReport report = rig.push(image);
    CHECK(holds_whole(registry, report));
    const bool mounts =
        personality.mounting == Mounting::works && personality.mounting_anywhere == Mounting::works;
    // What fails on the way is opened plainly, and a session that is in doubt is cancelled.
    const bool fails = personality.edge_every != 0;
    if (fails) continue;
    CHECK(report.count(BlobOutcome::mounted) == (mounts ? 6 : 0));
    if (!personality.empty_close) CHECK(registry.requests("DELETE") == 0);
  }
}

TEST_CASE("many small layers reach every registry whole, in at most three requests each") {
  const Image image = small_image(60, 3'000);
  for (const Personality& personality : all_personalities()) {
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    PushRig rig(registry);
    CHECK(holds_whole(registry, rig.push(image)));
  }
  FaultyRegistry plain;
  PushRig rig(plain);
  rig.push(image);
  CHECK(plain.requests("HEAD") <= 61);
  CHECK(plain.requests("POST") <= 61);
  CHECK(plain.requests("PUT") <= 61 + 1);
  CHECK(plain.requests("DELETE") == 0);
}

TEST_CASE("what was pushed can be pulled from every registry") {
  const Image image = small_image(3, layer_bytes);
  for (const Personality& personality : all_personalities()) {
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    PushRig rig(registry);
    const PushReport report = rig.push(image);
    const auto fetched = rig.client().get_manifest("1", {});
    REQUIRE(fetched);
    CHECK(fetched->descriptor.digest == report.manifest->digest);
    const auto manifest = oci::Manifest::from_json(fetched->json);
    REQUIRE(manifest);
    for (const oci::Descriptor& layer : manifest->layers) {
      const auto reader = rig.client().open_blob(layer, {});
      CHECK(read_all(*reader, layer.size).size() == layer.size);
    }
  }
}

TEST_CASE("a push to an immutable tag that holds the image succeeds, of another image it fails") {
  for (const Personality& personality : {ecr(), silent_immutable()}) {
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    const Image image = small_image(1, 1000);
    PushRig rig(registry);
    rig.push(image);
    CHECK_NOTHROW(rig.push(image));
    CHECK_FAILS(rig.push(small_image(1, 1000, 2)), ErrorKind::registry,
                "the tag is immutable and holds");
  }
}

TEST_CASE("where the registry wants Docker's names or OCI's only, the push finds out") {
  FaultyRegistry registry(zot());
  PushRig rig(registry);
  const PushReport report =
      rig.push(small_image(1, 1000), {.tags = {"1"}, .fall_back_to_docker = true});
  CHECK(report.manifest->media_type == oci::media_type::manifest);
}

}  // namespace personalities_test
