#include "registry/server/folder_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "registry/server/combined_store.h"
#include "registry/server/memory_store.h"

using namespace n2c;
using namespace n2c::registry;

namespace {

namespace fs = std::filesystem;

const oci::Digest hello = oci::Digest::of("hello");

void put_blob(WritableStore& store, const std::string& repository, std::string_view bytes) {
  auto staged = store.stage();
  staged->write(bytes_of(bytes));
  store.commit(repository, oci::Digest::of(bytes), std::move(staged));
}

/// An image whose config is `config`, which has no layers.
NewManifest image_of(std::string_view config, std::vector<std::string> tags) {
  const oci::Digest digest = oci::Digest::of(config);
  const std::string json =
      cat(R"({"schemaVersion":2,"config":{"mediaType":")", oci::media_type::config,
          R"(","digest":")", digest.str(), R"(","size":)", config.size(), R"(},"layers":[]})");
  return {.record = {{std::string(oci::media_type::manifest), oci::Digest::of(json), json.size()},
                     json},
          .tags = std::move(tags),
          .required_blobs = {digest}};
}

std::size_t links_of(const fs::path& file) {
  struct stat status{};
  return ::stat(file.c_str(), &status) == 0 ? status.st_nlink : 0;
}

}  // namespace

TEST_CASE("what was put into a folder is there when it is opened again") {
  const TemporaryFolder folder;
  const NewManifest image = image_of("hello", {"1", "2"});
  {
    FolderStore store(folder.path());
    put_blob(store, "acme/app", "hello");
    CHECK(store.put_manifest("acme/app", image).empty());
    store.remove_tag("acme/app", "2");
  }
  FolderStore store(folder.path());
  CHECK(store.problems().empty());
  CHECK(store.repositories() == std::vector<std::string>{"acme/app"});
  CHECK(store.tags("acme/app") == std::vector<std::string>{"1"});
  CHECK(store.find_tag("acme/app", "1") == image.record.descriptor.digest);
  const auto read = store.find_manifest("acme/app", image.record.descriptor.digest);
  REQUIRE(read);
  CHECK(read->json == image.record.json);
  CHECK(read->descriptor.media_type == image.record.descriptor.media_type);
  CHECK(read_all(*store.open("acme/app", hello, 1), 10) == "ello");
}

TEST_CASE("repositories in a folder share a blob's file, and have what was put or mounted only") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  put_blob(store, "a", "hello");
  CHECK_FALSE(store.stat("b", hello));
  CHECK_FALSE(store.mount("b", hello, "c"));
  CHECK(store.mount("b", hello, "a"));
  CHECK(store.mount("c", hello, {}));
  put_blob(store, "d", "hello");
  CHECK(links_of(folder.path() / "blobs/sha256" / hello.hex()) == 5);
  CHECK(store.remove_blob("a", hello));
  CHECK_FALSE(store.remove_blob("a", hello));
  CHECK_FALSE(store.stat("a", hello));
  CHECK(store.stat("b", hello) == 5);
}

TEST_CASE("a repository in a folder is an OCI layout") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  put_blob(store, "acme/app", "hello");
  const NewManifest image = image_of("hello", {"1"});
  store.put_manifest("acme/app", image);
  const fs::path layout = folder.path() / "repositories/acme+app";
  CHECK(read_file(layout / "oci-layout", 100) == R"({"imageLayoutVersion":"1.0.0"})");
  const auto index = oci::Index::from_json(read_file(layout / "index.json", 10'000));
  REQUIRE(index);
  REQUIRE(index->manifests.size() == 1);
  const oci::Descriptor& manifest = index->manifests[0];
  CHECK(manifest.digest == image.record.descriptor.digest);
  CHECK(manifest.annotations.at("org.opencontainers.image.ref.name") == "1");
  CHECK(read_file(layout / "blobs/sha256" / manifest.digest.hex(), 10'000) == image.record.json);
  CHECK(read_file(layout / "blobs/sha256" / hello.hex(), 10) == "hello");
}

TEST_CASE("a manifest whose blobs are missing changes nothing in a folder") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  CHECK(store.put_manifest("app", image_of("hello", {"1"})) == std::vector<oci::Digest>{hello});
  CHECK_FALSE(store.tags("app"));
}

TEST_CASE("a blob that was staged and dropped leaves no file") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  {
    auto staged = store.stage();
    staged->write(bytes_of("hello"));
    CHECK(read_all(*staged->open(), 10) == "hello");
    CHECK_FALSE(fs::is_empty(folder.path() / "uploads"));
  }
  CHECK(fs::is_empty(folder.path() / "uploads"));
}

TEST_CASE("a folder is used by one process at a time") {
  const TemporaryFolder folder;
  const FolderStore store(folder.path());
  CHECK_THROWS_WITH_AS(
      FolderStore(folder.path()),
      cat((folder.path() / "lock").string(), ": another process uses this registry").c_str(),
      Error);
}

TEST_CASE("a tag whose manifest is damaged is said and not listed") {
  const TemporaryFolder folder;
  const NewManifest good = image_of("hello", {"good"});
  const NewManifest bad = image_of("other", {"bad"});
  {
    FolderStore store(folder.path());
    put_blob(store, "app", "hello");
    put_blob(store, "app", "other");
    store.put_manifest("app", good);
    store.put_manifest("app", bad);
  }
  write_file(folder.path() / "repositories/app/blobs/sha256" / bad.record.descriptor.digest.hex(),
             "x");
  FolderStore store(folder.path());
  REQUIRE(store.problems().size() == 1);
  CHECK(store.problems()[0].ends_with("its bytes have another digest"));
  CHECK(store.tags("app") == std::vector<std::string>{"good"});
}

TEST_CASE("collecting removes what no manifest names and no repository has") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  put_blob(store, "app", "hello");
  put_blob(store, "app", "stray");
  put_blob(store, "gone", "other");
  store.remove_blob("gone", oci::Digest::of("other"));
  const NewManifest image = image_of("hello", {});
  store.put_manifest("app", image);
  const Collected removed = store.collect();
  CHECK(removed.blobs == 2);
  CHECK(removed.bytes == 10);
  CHECK_FALSE(store.stat("app", oci::Digest::of("stray")));
  CHECK_FALSE(store.mount("app", oci::Digest::of("other"), {}));
  CHECK(store.stat("app", hello) == 5);
  CHECK(store.find_manifest("app", image.record.descriptor.digest));
  CHECK(store.collect().blobs == 0);
}

TEST_CASE("of two stores as one, the first one's repositories take no pushes") {
  MemoryStore fixed;
  MemoryStore other;
  put_blob(fixed, "served", "hello");
  put_blob(other, "pushed", "other");
  CombinedStore store(fixed, other);
  CHECK_FALSE(store.takes_pushes("served"));
  CHECK(store.takes_pushes("new"));
  CHECK(store.repositories() == std::vector<std::string>{"pushed", "served"});
  CHECK(store.stat("served", hello) == 5);
  CHECK_FALSE(store.mount("pushed", hello, "served"));
}
