#include "registry/server/store/folder_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "base/file.h"
#include "base/text.h"
#include "oci/layout.h"
#include "test/support/folder_scene.h"
#include "test/support/put_blob.h"

namespace folder_store_test {

using namespace n2c;
using namespace n2c::registry;
using test::blob_of;
using test::error_of;
using test::hello;
using test::image_of;
using test::Notes;
using test::put_blob;

namespace {

namespace fs = std::filesystem;

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
  Notes notes;
  FolderStore store(folder.path(), notes.note());
  CHECK(notes.lines.empty());
  CHECK(store.repositories() == std::vector<std::string>{"acme/app"});
  CHECK(store.tags("acme/app", {}) == std::vector<std::string>{"1"});
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

TEST_CASE(
    "a blob that every repository deleted cannot be mounted, though its file is still there") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  put_blob(store, "a", "hello");
  CHECK(store.mount("b", hello, {}));
  CHECK(store.remove_blob("a", hello));
  CHECK(store.mount("c", hello, {}));
  CHECK(store.remove_blob("b", hello));
  CHECK(store.remove_blob("c", hello));
  CHECK(links_of(folder.path() / "blobs/sha256" / hello.hex()) == 1);
  CHECK_FALSE(store.mount("d", hello, {}));
  CHECK_FALSE(store.stat("d", hello));
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
  CHECK_FALSE(store.tags("app", {}));
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
  Notes notes;
  FolderStore store(folder.path(), notes.note());
  REQUIRE(notes.lines.size() == 1);
  CHECK(notes.lines[0].ends_with("its bytes have another digest"));
  CHECK(store.tags("app", {}) == std::vector<std::string>{"good"});
}

TEST_CASE("what is odd among the repositories is said, and the others are served") {
  const TemporaryFolder folder;
  const TemporaryFolder elsewhere;
  const NewManifest image = image_of("hello", {"1"});
  const fs::path all = folder.path() / "repositories";
  {
    FolderStore store(folder.path());
    for (const char* repository : {"app", "cut", "empty", "fifo", "link", "inner"}) {
      put_blob(store, repository, "hello");
      store.put_manifest(repository, image);
    }
  }
  write_file(all / "cut/index.json", R"({"schemaVersion":2,"manif)");
  write_file(all / "empty/index.json", "");
  fs::remove(all / "fifo/index.json");
  REQUIRE(::mkfifo((all / "fifo/index.json").c_str(), 0600) == 0);
  fs::rename(all / "link", elsewhere.path() / "link");
  fs::create_directory_symlink(elsewhere.path() / "link", all / "link");
  fs::rename(all / "inner/blobs/sha256", elsewhere.path() / "sha256");
  fs::create_directory_symlink(elsewhere.path() / "sha256", all / "inner/blobs/sha256");
  fs::create_symlink("nowhere", all / "dangling");
  write_file(all / "file", "text");
  Notes notes;
  FolderStore store(folder.path(), notes.note());
  CHECK(notes.lines.size() == 7);
  CHECK(store.find_tag("app", "1") == image.record.descriptor.digest);
  for (const char* repository : {"cut", "empty", "fifo", "inner"}) {
    CAPTURE(repository);
    const std::string named = cat("repository ", repository, ": ");
    CHECK(error_of([&] { store.find_tag(repository, "1"); }).starts_with(named));
    CHECK(error_of([&] { store.stat(repository, hello); }).starts_with(named));
    CHECK(error_of([&] { put_blob(store, repository, "new"); }).starts_with(named));
  }
  for (const char* repository : {"link", "dangling", "file"}) {
    CAPTURE(repository);
    CHECK_FALSE(store.tags(repository, {}));
    CHECK_FALSE(store.stat(repository, hello));
    CHECK(error_of([&] { put_blob(store, repository, "new"); }).contains(repository));
  }
  const std::string stray = oci::Digest::of("new").hex();
  CHECK_FALSE(fs::exists(elsewhere.path() / "link/blobs/sha256" / stray));
  CHECK_FALSE(fs::exists(elsewhere.path() / "sha256" / stray));
  fs::remove(all / "cut/index.json");  // mended: no restart is needed
  CHECK_FALSE(store.find_tag("cut", "1"));
}

TEST_CASE("pushing a blob again mends its damaged file in every repository") {
  const std::vector<std::function<void(const fs::path&)>> damages = {
      [](const fs::path& file) { fs::resize_file(file, 2); },
      [](const fs::path& file) { fs::resize_file(file, 0); },
      [](const fs::path& file) { fs::resize_file(file, 9); },
      [](const fs::path& file) { std::ofstream(file, std::ios::in) << "HELL"; },
      [](const fs::path& file) { fs::remove(file); }};
  for (std::size_t i = 0; i < damages.size(); ++i) {
    CAPTURE(i);
    const TemporaryFolder folder;
    FolderStore store(folder.path());
    put_blob(store, "a", "hello");
    put_blob(store, "b", "hello");
    const fs::path file = folder.path() / "blobs/sha256" / hello.hex();
    damages[i](file);
    put_blob(store, "c", "hello");
    for (const char* repository : {"a", "b", "c"}) {
      CHECK(blob_of(store, repository, hello) == "hello");
    }
    put_blob(store, "a", "hello");
    CHECK(blob_of(store, "a", hello) == "hello");
    CHECK(links_of(file) >= 3);
  }
}

TEST_CASE(
    "a manifest is not taken over a blob that was cut, but over one whose size it tells wrong") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  put_blob(store, "app", "hello");
  NewManifest image = image_of("hello", {"1"});
  image.sizes = {{hello, 7}};
  CHECK(store.put_manifest("app", image).empty());
  fs::resize_file(folder.path() / "blobs/sha256" / hello.hex(), 3);
  image.sizes = {{hello, 5}};
  CHECK(store.put_manifest("app", image) == std::vector<oci::Digest>{hello});
  put_blob(store, "app", "hello");
  CHECK(store.put_manifest("app", image).empty());
}

TEST_CASE("a manifest that was damaged is absent until it is pushed again") {
  const TemporaryFolder folder;
  Notes notes;
  FolderStore store(folder.path(), notes.note());
  put_blob(store, "app", "hello");
  const NewManifest image = image_of("hello", {"1"});
  const oci::Digest& digest = image.record.descriptor.digest;
  store.put_manifest("app", image);
  std::ofstream(folder.path() / "blobs/sha256" / digest.hex(), std::ios::in) << "{ { {";
  CHECK_FALSE(store.find_manifest("app", digest));
  CHECK(notes.lines.size() == 1);
  CHECK(store.put_manifest("app", image).empty());
  REQUIRE(store.find_manifest("app", digest));
  CHECK(store.find_manifest("app", digest)->json == image.record.json);
}

namespace {

std::string numbered(int number) { return cat("tag-", 100'000 + number); }

/// Puts `count` tags on one image, a hundred at a time as the API does.
void put_tags(FolderStore& store, const std::string& repository, int count) {
  NewManifest image = image_of("hello", {});
  for (int first = 0; first < count; first += 100) {
    image.tags.clear();
    for (int i = first; i < std::min(first + 100, count); ++i) image.tags.push_back(numbered(i));
    store.put_manifest(repository, image);
  }
}

}  // namespace

TEST_CASE("thousands of tags are there after an end and after a kill, whatever was half written") {
  const TemporaryFolder folder;
  const TemporaryFolder killed;
  const NewManifest image = image_of("hello", {"one-more"});
  {
    FolderStore store(folder.path());
    put_blob(store, "app", "hello");
    put_tags(store, "app", 3'000);
    store.put_manifest("app", image);
    store.remove_tag("app", numbered(7));
    fs::copy(folder.path(), killed.path() / "root", fs::copy_options::recursive);
  }
  CHECK_FALSE(fs::exists(folder.path() / "journals/app"));
  const auto index =
      oci::Index::from_json(read_file(folder.path() / "repositories/app/index.json", 8 << 20));
  REQUIRE(index);
  CHECK(index->manifests.size() == 3'000);
  const fs::path journal = killed.path() / "root/journals/app";
  REQUIRE(fs::exists(journal));
  std::ofstream(journal, std::ios::app) << "0123456789abcdef put sha256:0";
  for (const fs::path& root : {folder.path(), killed.path() / "root"}) {
    FolderStore store(root);
    CHECK(store.tags("app", {})->size() == 3'000);
    CHECK(store.find_tag("app", "one-more") == image.record.descriptor.digest);
    CHECK_FALSE(store.find_tag("app", numbered(7)));
    CHECK(store.tags("app", {.last = numbered(5), .limit = 2}) ==
          std::vector{numbered(6), numbered(8)});
  }
}

TEST_CASE("a journal that is damaged in the middle loses nothing: the repository says so") {
  const TemporaryFolder folder;
  const TemporaryFolder killed;
  {
    FolderStore store(folder.path());
    put_blob(store, "app", "hello");
    put_tags(store, "app", 1'000);
    fs::copy(folder.path(), killed.path() / "root", fs::copy_options::recursive);
  }
  const fs::path journal = killed.path() / "root/journals/app";
  std::string lines = read_file(journal, 1 << 20);
  lines[20] = lines[20] == 'x' ? 'y' : 'x';
  write_file(journal, lines);
  Notes notes;
  FolderStore store(killed.path() / "root", notes.note());
  REQUIRE(notes.lines.size() == 1);
  CHECK(notes.lines[0].ends_with("line 1 is damaged"));
  CHECK(error_of([&] { store.tags("app", {}); }).contains("line 1 is damaged"));
  CHECK(read_file(journal, 1 << 20) == lines);
}

TEST_CASE("an index above the JSON reader's limit, written in one line by others, is read") {
  const TemporaryFolder folder;
  const NewManifest image = image_of("hello", {"1"});
  {
    FolderStore store(folder.path());
    put_blob(store, "app", "hello");
    store.put_manifest("app", image);
  }
  const fs::path file = folder.path() / "repositories/app/index.json";
  std::string text = R"({"annotations":{"manifests":"[{"},"manifests":[)";
  constexpr int count = 80'000;  // of 13 keys and values each; a million is the limit
  oci::Descriptor entry = image.record.descriptor;
  entry.annotations = {{std::string(oci::layout::ref_name), "@"}, {"note", R"(}]"\)"}};
  const std::string json = oci::descriptor_json(entry);
  const auto [before, after] = *cut(json, '@');
  for (int i = 0; i < count; ++i) text += cat(i ? "," : "", before, numbered(i), after);
  write_file(file, text + R"(],"schemaVersion":2})");
  FolderStore store(folder.path());
  CHECK(store.tags("app", {})->size() == count);
  CHECK(store.find_tag("app", numbered(count - 1)) == image.record.descriptor.digest);
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

}  // namespace folder_store_test
