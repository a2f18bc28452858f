#include "remote/attachment.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "go/encoding_json.h"
#include "remote/artifact.h"
#include "remote/referrers.h"
#include "test/support/check_fails.h"

namespace attachment_test {

using namespace n2c;
namespace mt = oci::media_type;

namespace {

const oci::Descriptor subject = oci::describe(mt::manifest, "an image");

Attachment attachment(const std::string& text) {
  return make_attachment("application/vnd.acme.report+json", "report.json",
                         std::make_shared<MemorySource>(text), {{"by", "me"}}, {});
}

}  // namespace

TEST_CASE("an attachment is an artifact about its subject, and the same bytes each time") {
  const oci::RawManifest made = attachment_manifest(subject, attachment("{}1"));
  CHECK(made.json == attachment_manifest(subject, attachment("{}1")).json);
  CHECK(oci::subject_of(made.json) == subject.digest);
  const auto manifest = oci::Manifest::from_json(made.json);
  REQUIRE(manifest);
  CHECK(manifest->config.media_type == "application/vnd.oci.empty.v1+json");
  REQUIRE(manifest->layers.size() == 1);
  CHECK(manifest->layers[0].digest == oci::Digest::of("{}1"));
  CHECK(manifest->layers[0].media_type == "application/vnd.acme.report+json");
  CHECK(manifest->layers[0].annotations ==
        oci::Annotations{{"org.opencontainers.image.title", "report.json"}});
  CHECK(go::Json::parse(made.json)->find("subject")->text_at("mediaType") == mt::manifest);
}

TEST_CASE("a list of referrers has its artifactType and annotations") {
  const oci::RawManifest made = attachment_manifest(subject, attachment("x"));
  const oci::Descriptor referrer = as_referrer(made);
  CHECK(referrer.digest == made.descriptor.digest);
  CHECK(artifact_type_of(referrer) == "application/vnd.acme.report+json");
  CHECK(referrer.annotations == oci::Annotations{{"by", "me"}});
  CHECK(go::Json::parse(oci::descriptor_json(referrer))->text_at("artifactType") ==
        "application/vnd.acme.report+json");
}

TEST_CASE("what says no artifactType has the one of its config") {
  const oci::Manifest manifest{.config = oci::describe("application/vnd.acme.signature", "{}"),
                               .layers = {}};
  CHECK(artifact_type_of(as_referrer(oci::RawManifest::of(mt::manifest, manifest.to_json()))) ==
        "application/vnd.acme.signature");
}

TEST_CASE("the tag of a list of referrers is its subject's digest") {
  const oci::Digest digest = oci::Digest::of("");
  CHECK(referrers_tag(digest) == "sha256-" + digest.hex());
  const auto longer = oci::Digest::parse("sha512:" + std::string(128, 'a'));
  CHECK(referrers_tag(*longer) == "sha512-" + std::string(64, 'a'));
}

TEST_CASE("what a registry refuses tells how far it guards a tag (#22)") {
  const http::Headers unless_changed{{"If-Match", "\"1\""}};
  const oci::Digest one = oci::Digest::of("1"), other = oci::Digest::of("2");
  const registry::NotPut changed{.is_conflict = false,
                                 .failure = Error(ErrorKind::registry, "412 no")};
  const registry::NotPut conflict{.is_conflict = true,
                                  .failure = Error(ErrorKind::registry, "409 busy")};
  TagGuard guard;
  guard.see(one);
  CHECK_FALSE(guard.is_trusted());
  guard.refused(changed);
  guard.see(other);
  CHECK(guard.is_trusted());
  CHECK(guard.condition(unless_changed).lines() == unless_changed.lines());

  TagGuard useless;  // it was not changed, and so the registry cannot tell
  useless.see(one);
  useless.refused(changed);
  useless.see(one);
  CHECK_FALSE(useless.is_trusted());
  CHECK(useless.condition(unless_changed).lines().empty());

  TagGuard busy;  // whoever is in the way may be about to write: never without the condition
  busy.see({});
  for (int round = 0; round < 4; ++round) {
    busy.refused(conflict);
    busy.see({});
    CHECK(busy.condition(unless_changed).lines() == unless_changed.lines());
  }
  busy.refused(conflict);
  CHECK_FAILS(busy.see({}), ErrorKind::registry, "409 busy");
  TagGuard others;
  others.see({});
  for (int round = 0; round < 20; ++round) {
    others.refused(conflict);
    CHECK_NOTHROW(others.see(round % 2 == 0 ? one : other));
  }
}

}  // namespace attachment_test
