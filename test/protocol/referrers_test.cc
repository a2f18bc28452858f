/// What refers to an image, at registries that keep no list of it.

#include <doctest/doctest.h>

#include "base/text.h"
#include "remote/artifact.h"
#include "remote/attachment.h"
#include "remote/copied_referrers.h"
#include "remote/referrers.h"
#include "test/support/check_fails.h"
#include "test/support/memory_place.h"
#include "test/support/push_rig.h"

namespace referrers_test {

using namespace n2c;
using namespace n2c::test;

namespace {

Attachment report_file() {
  return make_attachment("application/vnd.acme.report+json", "report.json",
                         std::make_shared<MemorySource>(std::string("{}1")), {}, {});
}

/// Counts how often it was told that blobs are to be sent.
class BegunProgress final : public Progress {
 public:
  void begin(std::vector<BlobToSend> blobs, std::string_view unit) override {
    ++begun;
    rest_.begin(std::move(blobs), unit);
  }
  CompressionCount& compression() override { return rest_.compression(); }
  std::atomic<std::uint64_t>& meter(const oci::Digest& digest) override {
    return rest_.meter(digest);
  }
  void done(const oci::Digest& digest, BlobOutcome outcome) override {
    rest_.done(digest, outcome);
  }
  void note(const Printable& line) override { rest_.note(line); }

  int begun = 0;

 private:
  SilentProgress rest_;
};

}  // namespace

TEST_CASE("what is attached is listed afterwards at every registry that has a place for it") {
  for (const Personality& personality : all_personalities()) {
    if (personality.dashed_digests) continue;
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    PushRig rig(registry);
    const oci::Descriptor image = *rig.push(small_image(1, 1000)).manifest;
    const Attached first = attach(rig.client(), image, report_file(), {});
    CHECK_FALSE(first.was_there);
    const auto listed = list_referrers(rig.client(), image.digest, {});
    REQUIRE(listed.size() == 1);
    CHECK(listed.front().digest == first.manifest.digest);
    CHECK(artifact_type_of(listed.front()) == "application/vnd.acme.report+json");
    CHECK(attach(rig.client(), image, report_file(), {}).was_there);
  }
}

TEST_CASE(
    "where the tag for a list is the image itself, nothing is written over, and that is said") {
  FaultyRegistry registry(gitlab());
  PushRig rig(registry);
  const oci::Descriptor image = *rig.push(small_image(1, 1000)).manifest;
  CHECK_FAILS(attach(rig.client(), image, report_file(), {}), ErrorKind::registry,
              "names something that is not an index of referrers, and stays as it is");
  CHECK(list_referrers(rig.client(), image.digest, {}).empty());
}

TEST_CASE(
    "a list that has the empty config's media type for an artifact's type is not believed (#22)") {
  FaultyRegistry registry(ghcr());
  PushRig rig(registry);
  const oci::Descriptor image = *rig.push(small_image(1, 1000)).manifest;
  const Attached report = attach(rig.client(), image, report_file(), {});
  // As cosign 3 writes it.
  oci::Index index;
  index.manifests = {report.manifest};
  index.manifests.front().more = R"({"artifactType":"application/vnd.oci.empty.v1+json"})";
  const auto raw = oci::RawManifest::of(oci::media_type::index, index.to_json());
  rig.client().put_manifest(referrers_tag(image.digest), raw.descriptor.media_type, raw.json, {});
  const auto listed = list_typed_referrers(rig.client(), image.digest, {});
  REQUIRE(listed.size() == 1);
  CHECK(artifact_type_of(listed.front()) == "application/vnd.acme.report+json");
}

TEST_CASE("a registry that says that it lists an artifact is asked for its list once (#22)") {
  FaultyRegistry registry;
  PushRig rig(registry);
  const oci::Descriptor image = *rig.push(small_image(1, 1000)).manifest;
  const auto source = std::make_shared<MemoryImages>();
  const Attachment report = report_file();
  source->blobs[report.blob.digest] = "{}1";
  source->blobs[empty_config().digest] = "{}";
  const StoredArtifact artifact{source, attachment_manifest(image, report)};
  BegunProgress progress;
  CHECK_FALSE(attach_stored(rig.client(), image.digest, artifact, progress, {}).was_there);
  CHECK(registry.requests("GET /v2/acme/app/referrers/") == 1);
  CHECK(progress.begun == 0);  // what is being sent is counted by whoever attaches
  CHECK(names(list_referrers(rig.client(), image.digest, {}), artifact.manifest.descriptor.digest));
}

TEST_CASE(
    "what refers to an image one behind the other without end is copied up to a bound (#23)") {
  FaultyRegistry registry;
  PushRig rig(registry);
  const oci::Descriptor image = *rig.push(small_image(1, 1000)).manifest;
  oci::Descriptor last = image;
  for (int i = 0; i < 20; ++i) last = attach(rig.client(), last, report_file(), {}).manifest;
  Registries registries({.credentials = test_login()});
  const oci::Repository from{registry.host(), "acme/app"}, to{registry.host(), "acme/copy"};
  SilentProgress progress;
  CHECK_FAILS(copy_referrers({registries, from, registries, to},
                             *rig.client().get_manifest("1", {}), {}, progress, {}),
              ErrorKind::registry, "what refers to it does not end: ");
}

TEST_CASE("of listed referrers that are not there fifty are named, and all are counted (#23)") {
  FaultyRegistry registry;
  PushRig rig(registry);
  const oci::Descriptor image = *rig.push(small_image(1, 1000)).manifest;
  oci::Index index;
  for (int i = 0; i < 200; ++i) {
    index.manifests.push_back({.media_type = std::string(oci::media_type::manifest),
                               .digest = oci::Digest::of(cat(i)),
                               .size = 1});
  }
  registry.when("GET", "/referrers/").times(1).amend([&](registry::Reply& reply) {
    reply = {.status = 200,
             .headers = {{"Content-Type", std::string(oci::media_type::index)}},
             .body = index.to_json()};
  });
  Registries registries({.credentials = test_login()});
  const oci::Repository from{registry.host(), "acme/app"}, to{registry.host(), "acme/copy"};
  SilentProgress progress;
  const CopiedReferrers copied = copy_referrers(
      {registries, from, registries, to}, *rig.client().get_manifest("1", {}), {}, progress, {});
  CHECK(copied.left_out == 200);
  CHECK(progress.notes().size() == 50);
}

}  // namespace referrers_test
