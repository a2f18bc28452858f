#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>

#include "base/file.h"
#include "base/text.h"
#include "registry/server/store/folder_store.h"
#include "registry/server/store/memory_budget.h"
#include "test/support/api_caller.h"

namespace failed_uploads_test {

using namespace n2c;
using namespace n2c::registry;
using test::ApiCaller;

namespace {

/// Files have at most so many bytes while it lives: a write takes what fits, and the next one
/// fails.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

const std::string chunk(1'000, 'x');

}  // namespace

TEST_CASE("a chunk that was half written ends its upload, and makes no blob of other bytes (#23)") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  Api api(store);
  ApiCaller http(api);
  const std::string location = http.post("/v2/app/blobs/uploads/").header("Location");
  CHECK(http.patch(location, chunk).status == 202);
  {
    const SmallFiles limit(1'500);
    CHECK(http.patch(location, chunk).status == 500);
  }
  const std::string digest = oci::Digest::of(chunk).str();
  CHECK(http.put(location + "?digest=" + digest).status == 404);
  CHECK(http.head("/v2/app/blobs/" + digest).status == 404);
  CHECK(api.session_count() == 0);
  CHECK(std::filesystem::is_empty(folder.path() / "uploads"));
  CHECK(http.push_blob("app", chunk) == digest);
  CHECK(http.get("/v2/app/blobs/" + digest).body == chunk);
}

TEST_CASE("an upload that ends when there is no memory for its repository is 507 (#23)") {
  const TemporaryFolder folder;
  {
    FolderStore store(folder.path());
    Api api(store);
    ApiCaller http(api);
    const std::string config = http.push_blob("app", chunk);
    const auto tagged = http.put(
        "/v2/app/manifests/1", cat(R"({"schemaVersion":2,"config":{"digest":")", config, R"("}})"),
        {{"Content-Type", std::string(oci::media_type::manifest)}});
    CHECK(tagged.status == 201);
  }
  MemoryBudget budget(1);
  FolderStore store(folder.path(), {}, &budget);
  Api api(store);
  ApiCaller http(api);
  CHECK(http.post("/v2/other/blobs/uploads/").status == 202);
  const std::string location = http.post("/v2/app/blobs/uploads/").header("Location");
  const auto refused = http.put(location + "?digest=" + oci::Digest::of(chunk).str(), chunk);
  CHECK(refused.status == 507);
  CHECK(api.session_count() == 1);
}

}  // namespace failed_uploads_test
