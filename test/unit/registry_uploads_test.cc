#include <doctest/doctest.h>

#include "base/text.h"
#include "registry/server/store/memory_store.h"
#include "test/support/api_caller.h"

namespace registry_uploads_test {

using namespace n2c;
using namespace n2c::registry;
using test::ApiCaller;

namespace {

struct Registry {
  explicit Registry(ApiOptions options = {}) : api(store, options) {}
  MemoryStore store;
  Api api;
  ApiCaller http{api};
};

const std::string hello_digest = oci::Digest::of("hello").str();

}  // namespace

TEST_CASE("a blob is pushed in one POST and pulled again") {
  Registry registry;
  const auto created =
      registry.http.post("/v2/acme/app/blobs/uploads/?digest=" + hello_digest, "hello");
  CHECK(created.status == 201);
  CHECK(created.header("Location") == "/v2/acme/app/blobs/" + hello_digest);
  CHECK(created.header("Docker-Content-Digest") == hello_digest);
  const auto pulled = registry.http.get(created.header("Location"));
  CHECK(pulled.status == 200);
  CHECK(pulled.body == "hello");
  CHECK(registry.api.session_count() == 0);
}

TEST_CASE("a blob is pushed by POST and PUT, streamed, and in chunks") {
  Registry registry;
  const auto closes = [&](const test::Answer& last, std::string rest) {
    return registry.http.put(last.header("Location") + "?digest=" + hello_digest, std::move(rest));
  };
  const auto whole = registry.http.post("/v2/a/blobs/uploads/");
  REQUIRE(whole.status == 202);
  CHECK(closes(whole, "hello").status == 201);

  const auto streamed = registry.http.post("/v2/b/blobs/uploads/");
  const auto taken = registry.http.patch(streamed.header("Location"), "hello");
  CHECK(taken.status == 202);
  CHECK(taken.header("Range") == "0-4");
  CHECK(closes(taken, "").status == 201);

  const auto chunked = registry.http.post("/v2/c/blobs/uploads/");
  const auto first =
      registry.http.patch(chunked.header("Location"), "hel", {{"Content-Range", "0-2"}});
  CHECK(first.status == 202);
  CHECK(first.header("Range") == "0-2");
  CHECK(closes(first, "lo").status == 201);
  for (const char* repository : {"a", "b", "c"}) {
    CHECK(registry.http.get(cat("/v2/", repository, "/blobs/", hello_digest)).body == "hello");
  }
}

TEST_CASE("bytes of another digest never become a blob, and end the session") {
  Registry registry;
  const auto session = registry.http.post("/v2/app/blobs/uploads/");
  const auto refused =
      registry.http.put(session.header("Location") + "?digest=" + hello_digest, "hullo");
  CHECK(refused.status == 400);
  CHECK(refused.body.contains("DIGEST_INVALID"));
  CHECK(registry.http.head("/v2/app/blobs/" + hello_digest).status == 404);
  CHECK(registry.http.get(session.header("Location")).status == 404);
  CHECK(registry.api.session_count() == 0);
}

TEST_CASE("a chunk out of order is 416 and says where the session stands") {
  Registry registry;
  const auto session = registry.http.post("/v2/app/blobs/uploads/");
  const std::string location = session.header("Location");
  registry.http.patch(location, "hel", {{"Content-Range", "0-2"}});
  const auto refused = registry.http.patch(location, "lo", {{"Content-Range", "4-5"}});
  CHECK(refused.status == 416);
  CHECK(refused.header("Range") == "0-2");
  CHECK(refused.header("Location") == location);
  const auto status = registry.http.get(location);
  CHECK(status.status == 204);
  CHECK(status.header("Range") == "0-2");
}

TEST_CASE("a chunk whose Content-Range is no range or not as long as its body is refused") {
  Registry registry;
  const std::string location = registry.http.post("/v2/app/blobs/uploads/").header("Location");
  for (const char* range : {"0-9", "4-0", "0", "-", "a-b", "0-18446744073709551615"}) {
    CAPTURE(range);
    CHECK(registry.http.patch(location, "hello", {{"Content-Range", range}}).status == 400);
  }
  CHECK(registry.http.get(location).header("Range") == "0-0");
}

TEST_CASE("OCI-Chunk-Min-Length is announced, and only the last chunk may be shorter") {
  Registry registry({.chunk_min_length = 4});
  const auto session = registry.http.post("/v2/app/blobs/uploads/");
  CHECK(session.header("OCI-Chunk-Min-Length") == "4");
  const std::string location = session.header("Location");
  CHECK(registry.http.patch(location, "hell", {{"Content-Range", "0-3"}}).status == 202);
  CHECK(registry.http.patch(location, "o", {{"Content-Range", "4-4"}}).status == 202);
  CHECK(registry.http.patch(location, "!!!!", {{"Content-Range", "5-8"}}).status == 400);
  CHECK(registry.http.put(location + "?digest=" + hello_digest).status == 201);
}

TEST_CASE("a cancelled session is unknown") {
  Registry registry;
  const std::string location = registry.http.post("/v2/app/blobs/uploads/").header("Location");
  CHECK(registry.http.del(location).status == 204);
  CHECK(registry.http.del(location).status == 404);
  CHECK(registry.http.patch(location, "hello").status == 404);
  CHECK(registry.api.session_count() == 0);
}

TEST_CASE("a session belongs to its repository") {
  Registry registry;
  const std::string id = registry.http.post("/v2/app/blobs/uploads/").header("Docker-Upload-UUID");
  CHECK(registry.http.get("/v2/other/blobs/uploads/" + id).status == 404);
  CHECK(registry.http.del("/v2/other/blobs/uploads/" + id).status == 404);
  CHECK(registry.http.get("/v2/app/blobs/uploads/" + id).status == 204);
}

TEST_CASE(
    "an upload more than allowed is 429 with a time to come back while the others are under way") {
  Registry registry({.max_sessions = 2});
  std::vector<std::string> locations;
  for (int i = 0; i < 2; ++i) {
    locations.push_back(registry.http.post("/v2/app/blobs/uploads/").header("Location"));
    CHECK(registry.http.patch(locations.back(), "hel").status == 202);
  }
  const auto refused = registry.http.post("/v2/app/blobs/uploads/");
  CHECK(refused.status == 429);
  CHECK(refused.header("Retry-After") == "10");
  for (const std::string& one : locations) CHECK(registry.http.get(one).status == 204);
  registry.http.del(locations.front());
  CHECK(registry.http.post("/v2/app/blobs/uploads/").status == 202);
}

TEST_CASE("an upload that was begun and left makes room for another") {
  Registry registry({.max_sessions = 2});
  const std::string used = registry.http.post("/v2/app/blobs/uploads/").header("Location");
  CHECK(registry.http.patch(used, "hel").status == 202);
  const std::string left = registry.http.post("/v2/app/blobs/uploads/").header("Location");
  CHECK(registry.http.post("/v2/app/blobs/uploads/").status == 202);
  CHECK(registry.http.get(left).status == 404);
  CHECK(registry.http.get(used).status == 204);
}

TEST_CASE("an idle session is dropped") {
  Registry registry({.session_idle = std::chrono::nanoseconds(0)});
  const std::string location = registry.http.post("/v2/app/blobs/uploads/").header("Location");
  CHECK(registry.http.patch(location, "hello").status == 404);
  CHECK(registry.api.session_count() == 0);
}

TEST_CASE("a blob is mounted from a repository that has it, and else an upload begins") {
  Registry registry;
  registry.http.push_blob("base", "hello");
  const auto mount = [&](const std::string& query) {
    return registry.http.post("/v2/app/blobs/uploads/?mount=" + hello_digest + query);
  };
  CHECK(mount("&from=other").status == 202);
  CHECK(registry.http.head("/v2/app/blobs/" + hello_digest).status == 404);
  CHECK(mount("&from=base").status == 201);
  CHECK(registry.http.get("/v2/app/blobs/" + hello_digest).body == "hello");
  registry.http.del("/v2/base/blobs/" + hello_digest);
  CHECK(registry.http.get("/v2/app/blobs/" + hello_digest).body == "hello");
}

TEST_CASE("a mount that names no source is found anywhere") {
  Registry registry;
  registry.http.push_blob("base", "hello");
  const auto mounted = registry.http.post("/v2/app/blobs/uploads/?mount=" + hello_digest);
  CHECK(mounted.status == 201);
  CHECK(mounted.header("Location") == "/v2/app/blobs/" + hello_digest);
}

TEST_CASE("a sha512 blob is verified as one however its upload began") {
  Registry registry;
  Hash hash(HashAlgorithm::sha512);
  hash.update(bytes_of("hello"));
  const std::string digest = "sha512:" + hash.finish_hex();
  CHECK(registry.http.post("/v2/a/blobs/uploads/?digest=" + digest, "hello").status == 201);
  for (const char* query : {"", "?digest-algorithm=sha512"}) {
    const auto session = registry.http.post(cat("/v2/b/blobs/uploads/", query));
    registry.http.patch(session.header("Location"), "hel");
    const std::string close = session.header("Location") + "?digest=" + digest;
    CHECK(registry.http.put(close, "lo").status == 201);
  }
  CHECK(registry.http.get("/v2/b/blobs/" + digest).body == "hello");
  CHECK(registry.http.post("/v2/b/blobs/uploads/?digest-algorithm=md5").status == 400);
}

TEST_CASE("a read-only registry refuses uploads with 405") {
  Registry registry({.read_only = true});
  const auto refused = registry.http.post("/v2/app/blobs/uploads/");
  CHECK(refused.status == 405);
  CHECK(refused.body.contains("UNSUPPORTED"));
}

TEST_CASE("a blob of many blocks comes out as it went in, from any offset") {
  Registry registry;
  std::string large;
  while (large.size() < (9 << 20)) large += cat(large.size(), ",");
  const std::string digest = oci::Digest::of(large).str();
  const auto session = registry.http.post("/v2/app/blobs/uploads/");
  CHECK(registry.http.put(session.header("Location") + "?digest=" + digest, large).status == 201);
  CHECK(registry.http.get("/v2/app/blobs/" + digest).body == large);
  for (const std::size_t at : {65'535U, 65'536U, 65'537U, 4'259'839U, 4'259'840U, 8'454'144U}) {
    const std::string range = cat("bytes=", at, "-", at + 99);
    CHECK(registry.http.get("/v2/app/blobs/" + digest, {{"Range", range}}).body ==
          large.substr(at, 100));
  }
}

TEST_CASE("a Range that is too large to count is up to the blob's end (#23)") {
  Registry registry;
  registry.http.post("/v2/a/blobs/uploads/?digest=" + hello_digest, "hello");
  const auto ranged = [&](const std::string& range) {
    return registry.http.get("/v2/a/blobs/" + hello_digest, {{"Range", range}});
  };
  const std::string vast = "99999999999999999999999";
  CHECK(ranged("bytes=1-" + vast).body == "ello");
  CHECK(ranged("bytes=-" + vast).body == "hello");
  CHECK(ranged("bytes=" + vast + "-").status == 416);
  const auto session = registry.http.post("/v2/a/blobs/uploads/");
  for (const std::string& range :
       {"0-18446744073709551615", "18446744073709551614-18446744073709551615"}) {
    CHECK(
        registry.http.patch(session.header("Location"), "hel", {{"Content-Range", range}}).status ==
        400);
  }
}

TEST_CASE("a blob of a memory store is shared by the repositories that have it (#23)") {
  MemoryBudget budget(1 << 30);
  MemoryStore store(&budget);
  Api api(store);
  ApiCaller http(api);
  const std::string bytes(100'000, 'x');
  const std::string digest = oci::Digest::of(bytes).str();
  CHECK(http.post("/v2/r0/blobs/uploads/?digest=" + digest, bytes).status == 201);
  const std::uint64_t once = budget.used();
  for (int i = 1; i < 50; ++i) {
    const std::string path = cat("/v2/r", i, "/blobs/uploads/?");
    CHECK(http.post(cat(path, i % 2 == 0 ? "digest=" : "mount=", digest), bytes).status == 201);
  }
  constexpr std::uint64_t repositories = 50UZ << 10;  // without a blob
  CHECK(budget.used() <= once + repositories);
  for (int i = 0; i < 50; ++i) {
    CHECK(budget.used() >= bytes.size());
    CHECK(http.del(cat("/v2/r", i, "/blobs/", digest)).status == 202);
    CHECK(http.del(cat("/v2/r", i, "/blobs/", digest)).status == 404);
  }
  CHECK(budget.used() <= repositories);
  CHECK(http.post("/v2/r/blobs/uploads/?mount=" + digest, "").status == 202);
  CHECK(http.post("/v2/r/blobs/uploads/?digest=" + digest, bytes).status == 201);
  CHECK(http.get("/v2/r/blobs/" + digest).body == bytes);
}

TEST_CASE("what does not fit into the memory limit is 507, leaves nothing, and stops nobody else") {
  MemoryBudget budget(256 << 10);
  MemoryStore store(&budget);
  Api api(store, {.memory = &budget});
  ApiCaller http(api);
  const std::string large(1 << 20, 'x');
  const auto session = http.post("/v2/a/blobs/uploads/");
  const auto refused =
      http.put(session.header("Location") + "?digest=" + oci::Digest::of(large).str(), large);
  CHECK(refused.status == 507);
  CHECK(refused.body.contains("memory is full"));
  CHECK(api.session_count() == 0);
  CHECK(budget.used() == 0);
  CHECK(http.post("/v2/a/blobs/uploads/?digest=" + oci::Digest::of(large).str(), large).status ==
        507);
  CHECK(http.post("/v2/a/blobs/uploads/?digest=" + hello_digest, "hello").status == 201);
  CHECK(http.get("/v2/a/blobs/" + hello_digest).body == "hello");
  const auto manifest = http.put("/v2/a/manifests/1", std::string(100'000, ' '),
                                 {{"Content-Type", std::string(oci::media_type::manifest)}});
  CHECK(manifest.status == 503);
  CHECK_FALSE(manifest.header("Retry-After").empty());
}

TEST_CASE("blobs in memory take at most a tenth more than their bytes, and a kilobyte each (#19)") {
  for (const std::size_t size :
       {100UZ, 5'000UZ, 70'000UZ, 1'100'000UZ, (2UZ << 20) + 5'000, (4UZ << 20) + 1, 9'000'000UZ}) {
    CAPTURE(size);
    MemoryBudget budget(1 << 30);
    MemoryStore store(&budget);
    Api api(store);
    ApiCaller http(api);
    for (const char* text : {"a", "b"}) {
      std::string bytes(size, 'x');
      bytes.replace(0, 1, text);
      const std::string digest = oci::Digest::of(bytes).str();
      CHECK(http.post("/v2/a/blobs/uploads/?digest=" + digest, bytes).status == 201);
      CHECK(http.get("/v2/a/blobs/" + digest).body == bytes);
    }
    CHECK(budget.used() >= 2 * size);
    CHECK(budget.used() <= 2 * (size + size / 10 + 1024));
  }
}

TEST_CASE("a blob takes less than twice its bytes, and is given back when it is deleted") {
  MemoryBudget budget(1 << 30);
  MemoryStore store(&budget);
  Api api(store);
  ApiCaller http(api);
  for (const std::size_t size :
       {1'000UZ, 5'000UZ, 65'537UZ, 1'000'000UZ, 5'000'000UZ, 9'000'000UZ}) {
    CAPTURE(size);
    const std::string bytes(size, 'x');
    const std::string digest = oci::Digest::of(bytes).str();
    CHECK(http.post("/v2/a/blobs/uploads/?digest=" + digest, bytes).status == 201);
    CHECK(budget.used() <= std::max<std::size_t>(2 * size, 4 << 10));
    CHECK(http.get("/v2/a/blobs/" + digest).body == bytes);
    CHECK(http.del("/v2/a/blobs/" + digest).status == 202);
    CHECK(budget.used() <= 1'000);  // the repository
  }
}

}  // namespace registry_uploads_test
