#include <doctest/doctest.h>
#include <fcntl.h>

#include <functional>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "registry/server/net/connection_table.h"
#include "registry/server/store/folder_store.h"
#include "registry/server/store/memory_store.h"
#include "test/support/api_caller.h"

namespace scarce_resources_test {

using namespace n2c;
using namespace n2c::registry;
using test::ApiCaller;

namespace {

/// The lowest number that the next open file gets: it is higher the more are open.
int next_descriptor() { return FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)).get(); }

std::string image_with(std::string_view config_digest, std::string_view more) {
  return cat(R"({"schemaVersion":2,"config":{"digest":")", config_digest, R"("})", more, "}");
}

/// Asks in a row until it is 507; that has to come before `most` of them.
template <class Ask>
bool fills_up(int most, Ask ask) {
  for (int i = 0; i < most; ++i) {
    if (ask(i) == 507) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("small blobs, repositories, tags and subjects count to the memory limit (#23)") {
  const HeaderMap as_image{{"Content-Type", std::string(oci::media_type::manifest)}};
  const auto begin = [](ApiCaller& http) { return http.push_blob("app", "{}"); };
  const std::vector<std::function<int(ApiCaller&, const std::string& config, int number)>> asks = {
      [](ApiCaller& http, const std::string&, int i) {
        const std::string bytes = cat(i);
        return http.post("/v2/app/blobs/uploads/?digest=" + oci::Digest::of(bytes).str(), bytes)
            .status;
      },
      [](ApiCaller& http, const std::string& config, int i) {
        return http.post(cat("/v2/r", i, "/blobs/uploads/?from=app&mount=", config)).status;
      },
      [&](ApiCaller& http, const std::string& config, int i) {
        return http
            .put(cat("/v2/app/manifests/", std::string(100, 't'), i), image_with(config, ""),
                 as_image)
            .status;
      },
      [&](ApiCaller& http, const std::string& config, int i) {
        const std::string subject = oci::Digest::of(cat(i)).str();
        return http
            .put("/v2/app/manifests/x",
                 image_with(config, cat(R"(,"subject":{"digest":")", subject, R"("})")), as_image)
            .status;
      }};
  for (std::size_t i = 0; i < asks.size(); ++i) {
    CAPTURE(i);
    MemoryBudget budget(200 << 10);
    MemoryStore store(&budget);
    Api api(store);
    ApiCaller http(api);
    const std::string config = begin(http);
    CHECK(fills_up(1'000, [&](int number) { return asks[i](http, config, number); }));
    CHECK(http.get("/v2/app/blobs/" + config).body == "{}");
  }
}

TEST_CASE("what is deleted from a memory store is memory again, to the last tag (#23)") {
  MemoryBudget budget(1 << 20);
  MemoryStore store(&budget);
  Api api(store);
  ApiCaller http(api);
  const HeaderMap as_image{{"Content-Type", std::string(oci::media_type::manifest)}};
  const std::string config = http.push_blob("app", "{}");
  const std::uint64_t before = budget.used();
  const std::string subject = oci::Digest::of("x").str();
  const std::string json = image_with(config, cat(R"(,"subject":{"digest":")", subject, R"("})"));
  for (const char* path : {"a?tag=b&tag=c", "c", "d", "a"}) {
    CHECK(http.put(cat("/v2/app/manifests/", path), json, as_image).status == 201);
  }
  const std::uint64_t four = budget.used();
  CHECK(four > before);
  CHECK(http.del("/v2/app/manifests/a").status == 202);
  CHECK(budget.used() < four);
  CHECK(http.del("/v2/app/manifests/" + oci::Digest::of(json).str()).status == 202);
  CHECK(budget.used() == before);
}

TEST_CASE("new repositories of a folder count to the memory limit (#23)") {
  const TemporaryFolder folder;
  MemoryBudget budget(500 << 10);
  FolderStore store(folder.path(), {}, &budget);
  Api api(store);
  ApiCaller http(api);
  const std::string blob = http.push_blob("app", "{}");
  CHECK(fills_up(500, [&](int i) {
    return http.post(cat("/v2/r", i, "/blobs/uploads/?from=app&mount=", blob)).status;
  }));
  CHECK(http.get("/v2/app/blobs/" + blob).body == "{}");
}

TEST_CASE("an upload that waits for its client keeps no file open (#23)") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  Api api(store);
  ApiCaller http(api);
  const int before = next_descriptor();
  std::vector<std::string> locations;
  for (int i = 0; i < 20; ++i) {
    locations.push_back(http.post("/v2/app/blobs/uploads/").header("Location"));
    CHECK(http.patch(locations.back(), "hel").status == 202);
  }
  CHECK(next_descriptor() == before);
  const std::string digest = oci::Digest::of("hello").str();
  for (const std::string& location : locations) {
    CHECK(http.put(cat(location, "?digest=", digest), "lo").status == 201);
  }
  CHECK(http.get("/v2/app/blobs/" + digest).body == "hello");
}

TEST_CASE("fewer connections are let in where their files could not all be open (#23)") {
  for (const std::size_t descriptors : {64UZ, 200UZ, 400UZ, 600UZ}) {
    CAPTURE(descriptors);
    const auto limits = ConnectionTable::Limits::of(256, descriptors);
    CHECK(limits.all >= 4);
    CHECK(limits.all < 256);
    CHECK(2 * limits.all + 2 * limits.crowd + 20 <= descriptors);
    CHECK(limits.each_peer <= limits.all);
  }
  for (const std::size_t descriptors : {0UZ, 1024UZ}) {
    CHECK(ConnectionTable::Limits::of(256, descriptors).all == 256);
    CHECK(ConnectionTable::Limits::of(256, descriptors).crowd == 64);
  }
  CHECK(ConnectionTable::Limits::of(2, 10).all == 2);
}

}  // namespace scarce_resources_test
