#include "registry/client/blob_reader.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "codec/codec.h"
#include "test/support/check_fails.h"
#include "test/support/host_scene.h"

namespace blob_reader_test {

using namespace n2c;
using namespace n2c::registry;
using test::HostScene;

namespace {

const std::string bytes = "the bytes of a blob, and then some more of them";
const oci::Descriptor blob{.media_type = std::string(oci::media_type::layer_tar),
                           .digest = oci::Digest::of(bytes),
                           .size = bytes.size()};

std::string read(HostScene& scene) { return read_all(*scene.client->open_blob(blob, {}), 1000); }

std::string encoded(const std::string& text, Codec codec = Codec::gzip) {
  CompressionPool pool(1);
  const MemorySource plain(text);
  const auto reader = compress(plain.open(), {.codec = codec}, pool);
  return read_all(*reader, 100'000);
}

}  // namespace

TEST_CASE("a blob is read, verified, and continued by Range when it ends early") {
  for (const char* range : {"", "bytes 10-46/47", "bytes 10-46/*", "Bytes 10-46/47"}) {
    CAPTURE(range);
    HostScene scene;
    http::Response rest{.status = 206, .body = bytes.substr(10)};
    if (*range != '\0') rest.headers.set("Content-Range", range);
    scene.transport.when("GET", "/blobs/", {.status = 200, .body = bytes.substr(0, 10)});
    scene.transport.when("GET", "/blobs/", rest);
    CHECK(read(scene) == bytes);
    CHECK(scene.transport.requests().at(1).headers.find("Range") == "bytes=10-");
  }
}

TEST_CASE("a 206 that begins elsewhere is not taken; the whole blob is asked for (#19)") {
  for (const auto& [range, body] :
       {std::pair("bytes 0-46/47", bytes), std::pair("bytes 12-46/47", bytes.substr(12)),
        std::pair("bytes 9-46/47", bytes.substr(9)), std::pair("nonsense", bytes.substr(10))}) {
    CAPTURE(range);
    HostScene scene;
    scene.transport.when("GET", "/blobs/", {.status = 200, .body = bytes.substr(0, 10)});
    scene.transport.when("GET", "/blobs/",
                         {.status = 206, .headers = {{"Content-Range", range}}, .body = body});
    scene.transport.when("GET", "/blobs/", {.status = 200, .body = bytes});
    CHECK(read(scene) == bytes);
    CHECK_FALSE(scene.transport.requests().at(2).headers.find("Range"));
  }
}

TEST_CASE("a server that ignores Range sends the blob again, and its start is passed over") {
  HostScene scene;
  scene.transport.when("GET", "/blobs/", {.status = 200, .body = bytes.substr(0, 10)});
  scene.transport.always("GET", "/blobs/", {.status = 200, .body = bytes});
  CHECK(read(scene) == bytes);
}

TEST_CASE("bytes that come where the rest was asked for are not shown as an error's words (#23)") {
  HostScene scene;
  scene.transport.when("GET", "/blobs/", {.status = 200, .body = bytes.substr(0, 10)});
  scene.transport.when("GET", "/blobs/", {.status = 200, .body = bytes});
  scene.transport.always("GET", "/blobs/", {.status = 200, .body = bytes});
  CHECK(read(scene) == bytes);
  CHECK(scene.noted().back().contains("the whole blob came where its rest was asked for"));
}

TEST_CASE("a blob that comes a byte a try is not asked for for ever (#16)") {
  HostScene scene;
  scene.transport.when("GET", "/blobs/", {.status = 200, .body = bytes.substr(0, 1)});
  scene.transport.always("GET", "/blobs/", {.status = 206, .body = "x"});
  CHECK_FAILS(read(scene), ErrorKind::network, "; given up after 8 tries");
  CHECK(scene.transport.requests().size() == 8);
}

TEST_CASE("a blob that is not what was asked for ends in an error, and so does a missing one") {
  HostScene scene;
  scene.transport.when("GET", "/blobs/", {.status = 200, .body = std::string(bytes.size(), 'x')});
  CHECK_FAILS(read(scene), ErrorKind::integrity, "alters it");
  scene.transport.when("GET", "/blobs/", test::refusal(404, "BLOB_UNKNOWN"));
  scene.transport.when("GET", "r.example/v2/", {.status = 200});
  CHECK_FAILS(read(scene), ErrorKind::registry, "404 BLOB_UNKNOWN");
}

TEST_CASE("an encoding that nobody asked for is taken off (#19)") {
  for (const auto& [name, codec] : {std::pair("gzip", Codec::gzip), std::pair("zstd", Codec::zstd),
                                    std::pair("GZIP", Codec::gzip)}) {
    CAPTURE(name);
    HostScene scene;
    scene.transport.when(
        "GET", "/blobs/",
        {.status = 200, .headers = {{"Content-Encoding", name}}, .body = encoded(bytes, codec)});
    CHECK(read(scene) == bytes);
    CHECK(scene.transport.requests().front().headers.find("Accept-Encoding") == "identity");
    const std::string manifest = R"({"schemaVersion":2})";
    scene.transport.when(
        "GET", "/manifests/1",
        {.status = 200, .headers = {{"Content-Encoding", name}}, .body = encoded(manifest, codec)});
    CHECK(scene.client->get_manifest("1", {})->json == manifest);
  }
}

TEST_CASE("a blob that is encoded and cut is read on from its start (#19)") {
  HostScene scene;
  const std::string whole = encoded(bytes);
  const http::Headers said{{"Content-Encoding", "gzip"}};
  scene.transport.when("GET", "/blobs/", {.status = 503, .headers = said, .body = "later"});
  scene.transport.when("GET", "/blobs/", {.status = 200, .headers = said, .body = whole});
  CHECK(read(scene) == bytes);
}

TEST_CASE("a Content-Encoding that is not true is passed over (#19)") {
  const std::string layer = encoded(bytes);
  const oci::Descriptor compressed{.media_type = std::string(oci::media_type::layer_tar),
                                   .digest = oci::Digest::of(layer),
                                   .size = layer.size()};
  HostScene scene;
  scene.transport.when(
      "GET", "/blobs/",
      {.status = 200,
       .headers = {{"Content-Encoding", "gzip"}, {"Content-Length", cat(layer.size())}},
       .body = layer});
  CHECK(read_all(*scene.client->open_blob(compressed, {}), 1000) == layer);
}

TEST_CASE("an encoding that n2c does not know is reported as what it is (#19)") {
  HostScene scene;
  scene.transport.when("GET", "/manifests/1",
                       {.status = 200,
                        .headers = {{"Content-Encoding", "gzip"}},
                        .body = "\x1f\x8b\x08 this is no gzip"});
  CHECK_FAILS(scene.client->get_manifest("1", {}), ErrorKind::registry, "encoded as gzip");
}

}  // namespace blob_reader_test
