/// What becomes of a manifest that a registry does not take at once.

#include <doctest/doctest.h>

#include "base/text.h"
#include "test/support/check_fails.h"
#include "test/support/host_scene.h"

namespace manifest_put_test {

using namespace n2c;
using namespace n2c::registry;
using test::HostScene;

namespace {

const oci::Digest other = oci::Digest::of("another image");
const std::string type(oci::media_type::manifest);

http::Response held(const std::string& digest, const std::string& media_type = type) {
  http::Response response{.status = 200, .headers = {{"Content-Type", media_type}}};
  if (!digest.empty()) response.headers.set("Docker-Content-Digest", digest);
  return response;
}

ManifestPut put(HostScene& scene, const std::string& media_type = type) {
  return scene.client->put_manifest("1", media_type, "{}", {});
}

}  // namespace

TEST_CASE("a manifest says which blobs are missing, or that its format is refused") {
  HostScene scene;
  scene.transport.when("PUT", "/manifests/", {.status = 201});
  CHECK(std::get<ManifestStored>(put(scene)).digest == oci::Digest::of("{}"));
  scene.transport.when(
      "PUT", "/manifests/",
      test::refusal(404, "MANIFEST_BLOB_UNKNOWN", "unknown", "\"" + other.str() + "\""));
  CHECK(std::get<BlobsMissing>(put(scene)).digests == std::vector{other});
  scene.transport.always("HEAD", "/manifests/", {.status = 404});
  scene.transport.always("GET", "/manifests/", {.status = 404});
  scene.transport.always("GET", "r.example/v2/", {.status = 200});
  scene.transport.when("PUT", "/manifests/", {.status = 415});
  CHECK(std::holds_alternative<FormatRefused>(put(scene)));
  scene.transport.when("PUT", "/manifests/", test::refusal(403, "DENIED"));
  CHECK_FAILS(put(scene), ErrorKind::auth, "403 DENIED");
}

TEST_CASE("a tag is put unless it was changed since it was read") {
  struct Row {
    http::Headers reply;
    const char* header;
    std::string value;
  };
  const std::string digest = cat('"', other.str(), '"');
  for (const auto& [reply, header, value] : std::vector<Row>{
           {{{"ETag", "\"v7\""}, {"Docker-Content-Digest", other.str()}}, "If-Match", "\"v7\""},
           {{{"Docker-Content-Digest", other.str()}}, "If-Match", digest},
           {{{"ETag", "W/\"v7\""}, {"Docker-Content-Digest", other.str()}}, "", ""},
           {{}, "", ""}}) {
    CAPTURE(value);
    HostScene scene;
    scene.transport.when("GET", "/manifests/1", {.status = 200, .headers = reply, .body = "{}"});
    const ReadTag read = scene.client->read_tag("1", {});
    CHECK(read.manifest);
    CHECK(read.unless_changed.find(header).value_or("") == value);
    CHECK(read.unless_changed.lines().size() == (value.empty() ? 0 : 1));
  }
  HostScene scene;
  const auto manifest = oci::RawManifest::of(type, "{}");
  const http::Headers unless_changed{{"If-None-Match", "*"}};
  const auto put = [&](const http::Headers& condition) {
    return scene.client->put_unless_changed("1", manifest, condition, {});
  };
  scene.transport.always("GET", "/manifests/1", {.status = 404});
  scene.transport.always("GET", "r.example/v2/", {.status = 200});
  CHECK(scene.client->read_tag("1", {}).unless_changed.lines() == unless_changed.lines());
  // Another one may have written: no request follows, with which its entry could be lost (#22).
  for (const int status : {412, 409}) {
    const auto before = scene.transport.count("PUT");
    scene.transport.when("PUT", "/manifests/1", {.status = status});
    const auto refused = put(unless_changed);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().is_conflict == (status == 409));
    CHECK(scene.transport.count("PUT") == before + 1);
  }
  scene.transport.when("PUT", "/manifests/1", {.status = 428});
  CHECK_FAILS(put(unless_changed), ErrorKind::registry, "428");
  scene.transport.when("PUT", "/manifests/1", test::refusal(400, "MANIFEST_BLOB_UNKNOWN"));
  CHECK(std::holds_alternative<BlobsMissing>(*put(unless_changed)));
  scene.transport.always("HEAD", "/manifests/1", {.status = 404});
  scene.transport.when("PUT", "/manifests/1", test::refusal(403, "DENIED"));
  CHECK_FAILS(put(unless_changed), ErrorKind::auth, "403 DENIED");
  scene.transport.when("PUT", "/manifests/1", {.status = 201});
  CHECK(std::get<ManifestStored>(*put(unless_changed)).digest == manifest.descriptor.digest);
  // Not known there: put without the condition, whose reply counts.
  for (const int status : {400, 405, 501}) {
    scene.transport.when("PUT", "/manifests/1", {.status = status});
    scene.transport.when("PUT", "/manifests/1", test::refusal(404, "MANIFEST_BLOB_UNKNOWN"));
    CHECK(std::holds_alternative<BlobsMissing>(*put(unless_changed)));
  }
  scene.transport.when("PUT", "/manifests/1", {.status = 201});
  CHECK(put({}));
}

TEST_CASE("several tags go in one request, and the reply says which are set") {
  HostScene scene;
  const std::vector<std::string> tags{"a", "b", "c"};
  const oci::Descriptor manifest = oci::describe(type, "{}");
  const auto put_all = [&] { return scene.client->put_tagged(manifest, "{}", tags, {}); };
  scene.transport.when("PUT", cat("/manifests/", manifest.digest.str(), "?tag=a&tag=b&tag=c"),
                       {.status = 201, .headers = {{"OCI-Tag", "a"}, {"OCI-Tag", "b, c"}}});
  CHECK(std::get<ManifestStored>(*put_all()).tags == tags);
  scene.transport.when("PUT", "/manifests/", test::refusal(404, "MANIFEST_BLOB_UNKNOWN"));
  CHECK(std::holds_alternative<BlobsMissing>(*put_all()));
  scene.transport.when("PUT", "/manifests/", test::refusal(400, "TAG_INVALID"));
  CHECK_FALSE(put_all());
  scene.transport.when("PUT", "/manifests/", {.status = 201});
  CHECK(std::get<ManifestStored>(*put_all()).tags.empty());
  CHECK_FALSE(put_all());  // the host is not asked again
  CHECK(scene.transport.count("PUT") == 4);
}

TEST_CASE("an immutable tag that holds this image already is success (containers-roadmap#2380)") {
  for (const int status : {400, 403, 405, 409, 412}) {
    CAPTURE(status);
    HostScene scene;
    scene.transport.always("PUT", "/manifests/1", test::refusal(status, "TAG_LOCKED", "no"));
    scene.transport.when("HEAD", "/manifests/1", held(oci::Digest::of("{}").str()));
    CHECK(std::holds_alternative<ManifestStored>(put(scene)));
    // Where HEAD names no digest, the bytes do.
    scene.transport.when("HEAD", "/manifests/1", held(""));
    scene.transport.when("GET", "/manifests/1", {.status = 200, .body = "{}"});
    CHECK(std::holds_alternative<ManifestStored>(put(scene)));
  }
}

TEST_CASE("an immutable tag that holds another image is one sentence, whatever the refusal (#19)") {
  for (const auto& [status, code] : {std::pair(400, "MANIFEST_INVALID"), std::pair(403, "DENIED"),
                                     std::pair(403, "MANIFEST_INVALID"),
                                     std::pair(405, "UNSUPPORTED"), std::pair(409, "TAG_LOCKED")}) {
    CAPTURE(status);
    HostScene scene;
    scene.transport.when("PUT", "/manifests/1", test::refusal(status, code, "no overwrite"));
    scene.transport.when("HEAD", "/manifests/1", held(other.str()));
    scene.transport.always("GET", "r.example/v2/", {.status = 200});
    CHECK_FAILS(put(scene), ErrorKind::registry,
                cat(": the tag is immutable and holds ", other.str()));
  }
}

TEST_CASE("a format that is refused is not mistaken for an immutable tag") {
  HostScene scene;
  scene.transport.when("PUT", "/manifests/1", test::refusal(400, "MANIFEST_INVALID"));
  scene.transport.when("HEAD", "/manifests/1",
                       held(other.str(), std::string(oci::media_type::docker_manifest)));
  CHECK(std::holds_alternative<FormatRefused>(put(scene)));
}

TEST_CASE("an index whose images are lost says so, by a bare 404 too (#19)") {
  const std::string index(oci::media_type::index);
  HostScene scene;
  scene.transport.always("GET", "r.example/v2/", {.status = 200});
  scene.transport.when("PUT", "", {.status = 404});
  CHECK(std::get<BlobsMissing>(put(scene, index)).digests.empty());
  scene.transport.when("PUT", "",
                       test::refusal(404, "MANIFEST_UNKNOWN", "", "\"" + other.str() + "\""));
  CHECK(std::get<BlobsMissing>(put(scene, index)).digests == std::vector{other});
  scene.transport.when("PUT", "", {.status = 404});
  CHECK_FAILS(put(scene), ErrorKind::registry, ": 404");
}

}  // namespace manifest_put_test
