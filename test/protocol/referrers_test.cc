/// What refers to an image, at registries that keep no list of it.

#include <doctest/doctest.h>

#include "remote/attachment.h"
#include "remote/referrers.h"
#include "test/support/check_fails.h"
#include "test/support/push_rig.h"

namespace referrers_test {

using namespace n2c;
using namespace n2c::test;

namespace {

Attachment report_file() {
  return make_attachment("application/vnd.acme.report+json", "report.json",
                         std::make_shared<MemorySource>(std::string("{}1")), {}, {});
}

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
              "names something that is no index of referrers, and is left alone");
  CHECK(list_referrers(rig.client(), image.digest, {}).empty());
}

}  // namespace referrers_test
