#include "remote/attachment.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "go/encoding_json.h"
#include "remote/referrers.h"

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

}  // namespace attachment_test
