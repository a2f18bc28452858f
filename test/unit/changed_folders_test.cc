#include "registry/server/store/folder_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "base/file.h"
#include "base/text.h"
#include "test/support/folder_scene.h"
#include "test/support/put_blob.h"

namespace changed_folders_test {

using namespace n2c;
using namespace n2c::registry;
using test::blob_of;
using test::error_of;
using test::hello;
using test::image_of;
using test::Notes;
using test::put_blob;

namespace fs = std::filesystem;

TEST_CASE(
    "nothing is written through a link that took a folder's place while it was served (#23)") {
  const TemporaryFolder folder;
  const TemporaryFolder elsewhere;
  FolderStore store(folder.path());
  const fs::path app = folder.path() / "repositories/app";
  for (const char* inner : {"blobs/sha256", "blobs", ""}) {
    CAPTURE(inner);
    fs::remove_all(app);
    put_blob(store, "app", "hello");
    fs::remove_all(app / inner);
    fs::create_directories(elsewhere.path() / "blobs/sha256");
    fs::create_directories(elsewhere.path() / "sha256");
    const fs::path place = std::string_view(inner).empty() ? app : app / inner;
    fs::create_directory_symlink(elsewhere.path(), place);
    CHECK(error_of([&] { put_blob(store, "app", "new"); }).ends_with("a link to elsewhere"));
    CHECK(error_of([&] {
            store.put_manifest("app", image_of("hello", {"1"}));
          }).ends_with("a link to elsewhere"));
    CHECK(error_of([&] { store.remove_blob("app", hello); }).ends_with("a link to elsewhere"));
    for (const auto& entry : fs::recursive_directory_iterator(elsewhere.path())) {
      CHECK(entry.is_directory());
    }
    fs::remove(place);
  }
}

TEST_CASE("an index is written in the place of a link or a FIFO, and not to where it leads (#23)") {
  const TemporaryFolder folder;
  const NewManifest image = image_of("hello", {"1"});
  const fs::path index = folder.path() / "repositories/app/index.json";
  const fs::path victim = folder.path() / "victim";
  const std::vector<std::function<void()>> odd = {
      [&] { fs::create_symlink(victim, index); },
      [&] { fs::create_symlink("/dev/null", index); },
      [&] { fs::create_symlink("nowhere/at/all", index); },
      [&] { REQUIRE(::mkfifo(index.c_str(), 0600) == 0); },
  };
  for (std::size_t i = 0; i < odd.size(); ++i) {
    CAPTURE(i);
    fs::remove_all(folder.path() / "repositories");
    write_file(victim, "as it was");
    {
      FolderStore store(folder.path());
      put_blob(store, "app", "hello");
      fs::remove(index);
      odd[i]();
      CHECK(store.put_manifest("app", image).empty());
    }
    CHECK(read_file(victim, 100) == "as it was");
    FolderStore store(folder.path());
    CHECK(store.find_tag("app", "1") == image.record.descriptor.digest);
  }
}

TEST_CASE("a push into a repository whose folder was removed begins it anew (#23)") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  const NewManifest image = image_of("hello", {"1"});
  for (const char* removed : {"", "blobs", "blobs/sha256"}) {
    CAPTURE(removed);
    put_blob(store, "app", "hello");
    CHECK(store.put_manifest("app", image).empty());
    fs::remove_all(folder.path() / "repositories/app" / removed);
    CHECK_FALSE(store.stat("app", hello));
    put_blob(store, "app", "hello");
    CHECK(blob_of(store, "app", hello) == "hello");
    CHECK(store.put_manifest("app", image).empty());
    CHECK(store.find_manifest("app", image.record.descriptor.digest));
  }
}

TEST_CASE("what is no file in a manifest's place is one manifest less, and a push mends it (#23)") {
  const TemporaryFolder folder;
  const NewManifest image = image_of("hello", {"1"});
  const fs::path file =
      folder.path() / "repositories/app/blobs/sha256" / image.record.descriptor.digest.hex();
  {
    FolderStore store(folder.path());
    put_blob(store, "app", "hello");
    store.put_manifest("app", image);
  }
  fs::remove(file);
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  Notes notes;
  FolderStore store(folder.path(), notes.note());
  CHECK(notes.lines.size() == 1);
  CHECK(store.tags("app", {}) == std::vector<std::string>{});
  CHECK(store.put_manifest("app", image).empty());
  CHECK(store.find_manifest("app", image.record.descriptor.digest)->json == image.record.json);
}

TEST_CASE("a blob whose size manifests tell wrong is read once (#23)") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  put_blob(store, "app", "hello");
  NewManifest image = image_of("hello", {"1"});
  image.sizes = {{hello, 7}};
  const fs::path file = folder.path() / "repositories/app/blobs/sha256" / hello.hex();
  CHECK(store.put_manifest("app", image).empty());
  const auto written = fs::last_write_time(file);
  std::ofstream(file, std::ios::in) << "HELLO";
  fs::last_write_time(file, written);  // not to be told from what was read
  CHECK(store.put_manifest("app", image).empty());
  fs::last_write_time(file, written + std::chrono::seconds(1));
  CHECK(store.put_manifest("app", image) == std::vector<oci::Digest>{hello});
}

}  // namespace changed_folders_test
