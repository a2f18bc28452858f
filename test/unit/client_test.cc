#include "registry/client/client.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "registry/client/host.h"
#include "registry/client/upload.h"
#include "test/support/check_fails.h"
#include "test/support/fake_clock.h"
#include "test/support/fake_transport.h"

namespace client_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

const std::string bytes = "the bytes of a blob, and then some more of them";
const oci::Descriptor blob{.media_type = std::string(oci::media_type::layer_tar),
                           .digest = oci::Digest::of(bytes),
                           .size = bytes.size()};
const std::string uploads = "POST /v2/app/blobs/uploads/";

http::Response session(std::string location) {
  return {.status = 202, .headers = {{"Location", std::move(location)}}};
}

/// A client of r.example/app with a script behind it.
struct Fixture {
  explicit Fixture(HostOptions options = {}, std::optional<Credentials> login = {})
      : auth(std::move(login)) {
    options.seed = 1;
    options.note = [this](std::string_view line) {
      notes.with([&](auto& all) { all.emplace_back(line); });
    };
    host = std::make_shared<Host>("r.example", transport, auth, clock, options);
    client = std::make_unique<RegistryClient>(host, oci::Repository{"r.example", "app"});
  }
  oci::Descriptor upload(std::optional<oci::Descriptor> known = blob) {
    return client->upload(MemorySource(bytes), blob.media_type, std::move(known), sent, {}).blob;
  }
  std::vector<std::string> noted() {
    return notes.with([](const auto& all) { return all; });
  }
  test::FakeTransport transport;
  test::FakeClock clock;
  FixedAuth auth;
  Locked<std::vector<std::string>> notes;
  std::shared_ptr<Host> host;
  std::unique_ptr<RegistryClient> client;
  std::atomic<std::uint64_t> sent = 0;
};

}  // namespace

TEST_CASE("a known blob is sent by POST and PUT") {
  Fixture f;
  f.transport.when("POST", "/blobs/uploads/", session("/v2/app/blobs/uploads/1?_state=x"));
  f.transport.when("PUT", "/blobs/uploads/1", {.status = 201});
  CHECK(f.upload() == blob);
  CHECK(f.sent == bytes.size());
  const auto requests = f.transport.requests();
  CHECK(requests.at(1).line == cat("PUT https://r.example/v2/app/blobs/uploads/1?_state=x&digest=",
                                   http::percent_encode(blob.digest.str())));
  CHECK(requests.at(1).body == bytes);
}

TEST_CASE("a blob whose digest is not known comes out of PATCH and PUT with it") {
  Fixture f;
  f.transport.when("POST", "/blobs/uploads/", session("/u/1"));
  f.transport.when("PATCH", "/u/1", session("/u/2"));
  f.transport.when("PUT", "/u/2", {.status = 201});
  CHECK(f.upload(std::nullopt) == blob);
  CHECK(f.transport.requests().at(2).body.empty());
}

TEST_CASE("where the finished blob is said to be does not matter") {
  Fixture f;
  f.transport.when("POST", "/blobs/uploads/", session("/u/1"));
  f.transport.when("PUT", "/u/1",
                   {.status = 201, .headers = {{"Location", "http://10.0.0.5:5000/v2/app/x"}}});
  CHECK(f.upload() == blob);
}

TEST_CASE("chunks of an unknown blob are cut where they end, with ranges") {
  for (const std::uint64_t chunk : {bytes.size() - 1, bytes.size(), std::size_t{10}}) {
    Fixture f({.profile = {.chunk = chunk}});
    f.transport.when("POST", "/blobs/uploads/", session("/u/1"));
    f.transport.always("PATCH", "/u/", session("/u/2"));
    f.transport.when("PUT", "/u/2", {.status = 201});
    CHECK(f.upload(std::nullopt) == blob);
    std::string all;
    for (const auto& request : f.transport.requests()) {
      if (!request.line.starts_with("PATCH")) continue;
      CHECK(request.headers.find("Content-Range") ==
            cat(all.size(), "-", all.size() + request.body.size() - 1));
      all += request.body;
    }
    CHECK(all == bytes);
  }
}

TEST_CASE("a cut chunked upload is continued from what is in memory") {
  Fixture f({.profile = {.chunk = 20, .continue_from = 10}});
  f.transport.when("POST", "/blobs/uploads/", session("/u/1"));
  f.transport.when("PATCH", "/u/1", session("/u/1"));
  f.transport.lose("PATCH", "/u/1", 15);
  f.transport.when("GET", "/u/1", {.status = 204, .headers = {{"Range", "0-29"}}});
  f.transport.always("PATCH", "/u/1", session("/u/1"));
  f.transport.when("PUT", "/u/1", {.status = 201});
  CHECK(f.upload() == blob);
  CHECK(f.transport.requests().at(4).headers.find("Content-Range") == "30-39");
  CHECK(f.transport.requests().at(4).body == bytes.substr(30, 10));
}

TEST_CASE("a cut upload of unknown digest is continued, and its digest is that of all bytes") {
  Fixture f({.profile = {.continue_from = 10}});
  f.transport.when("POST", "/blobs/uploads/", session("/u/1"));
  f.transport.lose("PATCH", "/u/1", 30);
  f.transport.when("GET", "/u/1", {.status = 204, .headers = {{"Range", "0-19"}}});
  f.transport.when("PATCH", "/u/1", session("/u/1"));
  f.transport.when("PUT", "/u/1", {.status = 201});
  CHECK(f.upload(std::nullopt) == blob);
  CHECK(f.transport.requests().at(3).body == bytes.substr(20));
  CHECK(f.sent == bytes.size());
}

TEST_CASE("an abandoned upload cancels its session") {
  Fixture f;
  f.transport.when("POST", "/blobs/uploads/", session("/u/1"));
  f.transport.when("PUT", "/u/1", test::refusal(403, "DENIED"));
  f.transport.when("DELETE", "/u/1", {.status = 204});
  CHECK_FAILS(f.upload(), ErrorKind::auth, "403 DENIED");
  CHECK(f.transport.count("DELETE /u/1") == 1);
  CHECK(f.sent == 0);
}

TEST_CASE("the limit a 413 taught holds for the next blob of that host") {
  Fixture f;
  const std::string large(5 << 20, 'x');
  const oci::Descriptor layer{"t", oci::Digest::of(large), large.size()};
  f.transport.when("POST", "/blobs/uploads/", session("/u/1"));
  f.transport.when("PUT", "/u/1", {.status = 413});
  f.transport.when("DELETE", "/u/1", {.status = 204});
  f.transport.always("POST", "/blobs/uploads/", session("/u/2"));
  f.transport.always("PATCH", "/u/2", session("/u/2"));
  f.transport.always("PUT", "/u/2", {.status = 201});
  for (int i = 0; i < 2; ++i) f.client->upload(MemorySource(large), "t", layer, f.sent, {});
  CHECK(f.transport.count("PUT /u/1") == 1);
  CHECK(f.transport.count("PATCH /u/2") == 4);
}

TEST_CASE("an expired token at the closing PUT is renewed and that PUT alone repeated") {
  Fixture f;
  const http::Response unauthorized{
      .status = 401, .headers = {{"WWW-Authenticate", "Bearer realm=\"https://t.example/\""}}};
  f.transport.when("POST", "/blobs/uploads/", unauthorized);
  f.transport.when("GET", "t.example", {.status = 200, .body = R"({"token":"T1"})"});
  f.transport.when("POST", "/blobs/uploads/", session("/u/1"));
  f.transport.when("PATCH", "/u/1", session("/u/1"));
  f.transport.when("PUT", "/u/1", unauthorized);
  f.transport.when("GET", "t.example", {.status = 200, .body = R"({"token":"T2"})"});
  f.transport.when("PUT", "/u/1", {.status = 201});
  CHECK(f.upload(std::nullopt) == blob);
  CHECK(f.transport.count("PATCH") == 1);
  CHECK(f.transport.requests().back().authorization() == "Bearer T2");
}

TEST_CASE("a redirected upload is sent whole to where it leads, without the login") {
  Fixture f({}, Credentials{.username = "user", .password = "pass"});
  f.transport.when("POST", "/blobs/uploads/",
                   {.status = 401, .headers = {{"WWW-Authenticate", "Basic"}}});
  f.transport.when("POST", "/blobs/uploads/", session("/u/1"));
  f.transport.when("PUT", "r.example/u/1",
                   {.status = 307, .headers = {{"Location", "https://s3.example/x?sig=1"}}});
  f.transport.when("PUT", "s3.example", {.status = 201});
  CHECK(f.upload() == blob);
  CHECK(f.transport.requests().at(2).authorization() == "Basic dXNlcjpwYXNz");
  CHECK(f.transport.requests().at(3).authorization().empty());
  CHECK(f.transport.requests().at(3).body == bytes);
  CHECK(f.sent == bytes.size());
}

TEST_CASE("a POST that is redirected stays a POST (harbor#2473)") {
  Fixture f;
  f.transport.when("POST", "r.example/v2", {.status = 301, .headers = {{"Location", "/else/"}}});
  f.transport.when("POST", "/else/", session("/u/1"));
  f.transport.when("PUT", "/u/1", {.status = 201});
  CHECK(f.upload() == blob);
}

TEST_CASE("a redirect to a name at a private address is refused before anything is sent") {
  for (const char* address : {"10.0.0.6", "127.0.0.1", "169.254.169.254", "::1", "fe80::1"}) {
    CAPTURE(address);
    Fixture f;
    f.transport.resolve("r.example", "203.0.113.5").resolve("storage.example", address);
    f.transport.when("HEAD", "r.example/",
                     {.status = 307, .headers = {{"Location", "http://storage.example/b"}}});
    CHECK_THROWS_WITH_AS(f.client->has_blob(blob, {}),
                         cat("HEAD http://storage.example/b: refusing to be led to "
                             "storage.example, which is at the private address ",
                             address)
                             .c_str(),
                         Error);
    CHECK(f.transport.requests().size() == 1);
  }
}

TEST_CASE("so is an upload Location at such a name") {
  Fixture f;
  f.transport.resolve("r.example", "203.0.113.5").resolve("storage.example", "192.168.1.1");
  f.transport.when("POST", "/blobs/uploads/", session("https://storage.example/u/1"));
  CHECK_FAILS(f.upload(), ErrorKind::registry, "at the private address 192.168.1.1");
  CHECK(f.transport.count("PUT") == 0);
}

TEST_CASE("a registry at a private address may lead to a name at another one") {
  Fixture f;
  f.transport.resolve("r.example", "10.0.0.5").resolve("storage.example", "10.0.0.6");
  f.transport.when("HEAD", "r.example/",
                   {.status = 307, .headers = {{"Location", "https://storage.example/b"}}});
  f.transport.when("HEAD", "storage.example/b", {.status = 200});
  CHECK(f.client->has_blob(blob, {}));
}

TEST_CASE("redirects that never end do end") {
  Fixture f;
  f.transport.always("HEAD", "", {.status = 307, .headers = {{"Location", "/again"}}});
  CHECK_THROWS_WITH_AS(f.client->has_blob(blob, {}),
                       "HEAD https://r.example/again: redirected more than 5 times", Error);
}

TEST_CASE("only a clear yes to HEAD is yes; a redirect to storage is one") {
  for (const int status : {401, 403, 404, 405, 204}) {
    Fixture f;
    f.transport.when("HEAD", "/blobs/", {.status = status});
    CHECK_FALSE(f.client->has_blob(blob, {}));
  }
  Fixture f;
  f.transport.when("HEAD", "/blobs/", {.status = 200});
  CHECK(f.client->has_blob(blob, {}));
  // A URL signed for GET refuses HEAD (distribution#2296, oras#923).
  f.transport.when("HEAD", "/blobs/",
                   {.status = 307, .headers = {{"Location", "https://s3.example/b"}}});
  f.transport.when("HEAD", "s3.example", {.status = 403});
  CHECK(f.client->has_blob(blob, {}));
}

TEST_CASE("failures that pass are waited out, Retry-After honoured, and said") {
  Fixture f;
  f.transport.when("HEAD", "", {.status = 503, .headers = {{"Retry-After", "7"}}});
  f.transport.lose("HEAD", "");
  f.transport.when("HEAD", "", {.status = 200});
  CHECK(f.client->has_blob(blob, {}));
  REQUIRE(f.clock.waits().size() == 2);
  CHECK(f.clock.waits().front() >= std::chrono::seconds(7));
  REQUIRE(f.noted().size() == 2);
  CHECK(f.noted().front().find("503; trying again in ") != std::string::npos);
}

TEST_CASE("a mount asks for both repositories, and each refusal means upload") {
  Fixture f;
  const oci::Repository from{"r.example", "base"};
  f.transport.when("POST", "mount=", {.status = 201});
  CHECK(f.client->mount(blob, from, {}));
  CHECK(f.transport.lines().front() ==
        cat(uploads, "?mount=", http::percent_encode(blob.digest.str()), "&from=base"));
  for (const int status : {400, 401, 403, 404, 405}) {
    f.transport.when("POST", "mount=", {.status = status});
    CHECK_FALSE(f.client->mount(blob, from, {}));
  }
  CHECK_FALSE(f.client->mount(blob, {"other.example", "base"}, {}));
}

TEST_CASE("the session that a refused mount opened takes the blob (spec#204)") {
  Fixture f;
  f.transport.when("POST", "mount=", session("/u/1"));
  f.transport.when("PUT", "/u/1", {.status = 201});
  CHECK_FALSE(f.client->mount(blob, {"r.example", "base"}, {}));
  CHECK(f.upload() == blob);
  CHECK(f.transport.requests().size() == 2);
}

TEST_CASE(
    "a blob that another repository has is mounted by the request that would open a session") {
  Fixture f;
  f.transport.when("POST", "/blobs/uploads/", {.status = 201, .headers = {{"Location", "/x"}}});
  const auto uploaded = f.client->upload(MemorySource(bytes), blob.media_type, blob, f.sent, {});
  CHECK((uploaded.mounted && uploaded.blob == blob));
  CHECK(f.transport.count(cat(uploads, "?mount=", http::percent_encode(blob.digest.str()))) == 1);
}

TEST_CASE("a blob that the registry said to have, and lacks, is sent and not mounted") {
  Fixture f;
  f.transport.when("HEAD", "/blobs/", {.status = 200});
  CHECK(f.client->has_blob(blob, {}));
  f.transport.when("POST", "/blobs/uploads/", session("/u/1"));
  f.transport.when("PUT", "/u/1", {.status = 201});
  CHECK_FALSE(f.client->upload(MemorySource(bytes), "t", blob, f.sent, {}).mounted);
  CHECK(f.transport.count("POST /v2/app/blobs/uploads/?") == 0);
}

TEST_CASE("a registry that refuses mounts from anywhere, or a POST with the bytes, is asked once") {
  Fixture f;
  f.transport.when("POST", "?mount=", {.status = 400});
  f.transport.when("POST", "?digest=", {.status = 400});
  f.transport.always("POST", "/blobs/uploads/", session("/u/1"));
  f.transport.always("PUT", "/u/1", {.status = 201});
  for (const char* text : {"a", "b", "c", "d"}) {
    f.client->upload(MemorySource(text), "t", oci::describe("t", text), f.sent, {});
  }
  CHECK(f.transport.count(uploads + "?mount=") == 1);
  CHECK(f.transport.count(uploads + "?digest=") == 1);
  CHECK(f.transport.count("PUT") == 4);
}

TEST_CASE("where a POST with the bytes makes the blob, that is all that is sent") {
  Fixture f;
  for (int i = 0; i < 3; ++i) f.transport.when("POST", "?mount=", session("/u/1"));
  f.transport.always("PUT", "/u/1", {.status = 201});
  f.transport.always("POST", "?digest=", {.status = 201, .headers = {{"Location", "/x"}}});
  for (int i = 0; i < 6; ++i) {
    const std::string text = cat("layer ", i);
    f.client->upload(MemorySource(text), "t", oci::describe("t", text), f.sent, {});
  }
  CHECK(f.transport.count("POST") == 6);
  CHECK(f.transport.count("PUT") == 3);
  CHECK(f.sent == 6 * 7);
}

TEST_CASE("sessions of refused mounts are used before others are opened, for whatever blob") {
  Fixture f;
  const oci::Descriptor other{.digest = oci::Digest::of("other"), .size = 5};
  f.transport.when("POST", "mount=", session("/u/1"));
  f.transport.when("POST", "mount=", session("/u/2"));
  CHECK_FALSE(f.client->mount(blob, {"r.example", "base"}, {}));
  CHECK_FALSE(f.client->mount(other, {"r.example", "base"}, {}));
  f.transport.when("PUT", "/u/1", {.status = 201});
  CHECK(f.upload() == blob);  // its own
  f.transport.when("PATCH", "/u/2", session("/u/2"));
  f.transport.when("PUT", "/u/2", {.status = 201});
  f.upload(std::nullopt);
  CHECK(f.transport.count("POST") == 2);
  CHECK(f.transport.count("DELETE") == 0);
}

TEST_CASE("a repository that refused three mounts is asked no more, unless one took place") {
  const oci::Repository from{"r.example", "base"};
  for (const bool one_took_place : {false, true}) {
    Fixture f;
    if (one_took_place) f.transport.when("POST", "mount=", {.status = 201});
    if (one_took_place) CHECK(f.client->mount(blob, from, {}));
    for (int i = 0; i < 9; ++i) f.transport.when("POST", "mount=", {.status = 404});
    for (int i = 0; i < 5; ++i) CHECK_FALSE(f.client->mount(blob, from, {}));
    CHECK(f.transport.count("POST") == (one_took_place ? 6 : 3));
  }
}

TEST_CASE("a session of a refused mount that nothing used is cancelled in the end") {
  Fixture f;
  f.transport.when("POST", "mount=", session("/u/1"));
  f.transport.when("DELETE", "/u/1", {.status = 204});
  CHECK_FALSE(f.client->mount(blob, {"r.example", "base"}, {}));
  f.client.reset();
  CHECK(f.transport.count("DELETE /u/1") == 1);
}

TEST_CASE("a manifest is fetched with its own digest; a wrong one is an integrity error") {
  Fixture f;
  f.transport.when("GET", "/manifests/1",
                   {.status = 200,
                    .headers = {{"Content-Type", std::string(oci::media_type::manifest)}},
                    .body = "{}"});
  CHECK(f.client->get_manifest("1", {})->descriptor.digest == oci::Digest::of("{}"));
  f.transport.when("GET", "/manifests/2", {.status = 404});
  CHECK_FALSE(f.client->get_manifest("2", {}));
  f.transport.when("GET", "/manifests/sha256", {.status = 200, .body = "{}"});
  CHECK_FAILS(f.client->get_manifest(blob.digest.str(), {}), ErrorKind::integrity, "has digest");
}

TEST_CASE("hosts are reached by https, Docker Hub under its own name, loopback by http") {
  CHECK(base_url("ghcr.io")->str() == "https://ghcr.io/v2/");
  CHECK(base_url("docker.io")->str() == "https://registry-1.docker.io/v2/");
  CHECK(base_url("127.0.0.1:5000")->str() == "http://127.0.0.1:5000/v2/");
  CHECK(base_url("[::1]:5000")->str() == "http://[::1]:5000/v2/");
  CHECK(base_url("lan.example:5000", {.plain_http = true})->str() == "http://lan.example:5000/v2/");
  CHECK(base_url("localhost:5000", {.tls = true})->str() == "https://localhost:5000/v2/");
}

}  // namespace client_test
