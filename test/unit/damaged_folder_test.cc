/// Files of a registry's folder that a crash left with another length than they had (#23).

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <stop_token>

#include "base/file.h"
#include "base/input_wait.h"
#include "registry/server/store/folder_store.h"
#include "test/support/check_fails.h"
#include "test/support/folder_scene.h"
#include "test/support/put_blob.h"

namespace damaged_folder_test {

using namespace n2c;
using namespace n2c::registry;
using test::hello;
using test::image_of;
using test::put_blob;

namespace {

namespace fs = std::filesystem;

/// An image whose config is "hello", and the size that its manifest says.
NewManifest sized_image(std::string tag) {
  NewManifest image = image_of("hello", {std::move(tag)});
  image.sizes = {{hello, 5}};
  return image;
}

}  // namespace

TEST_CASE("a blob's file that a crash left empty is absent until it is pushed again (#23)") {
  const TemporaryFolder folder;
  FolderStore store(folder.path());
  put_blob(store, "app", "hello");
  put_blob(store, "app", "");
  fs::resize_file(folder.path() / "blobs/sha256" / hello.hex(), 0);
  CHECK_FALSE(store.stat("app", hello));
  CHECK_FALSE(store.mount("b", hello, "app"));
  CHECK(store.stat("app", oci::Digest::of("")) == 0);
  put_blob(store, "app", "hello");
  CHECK(store.stat("app", hello) == 5);
}

TEST_CASE("a file that says it has a terabyte holds no stop up, and no index (#23)") {
  const TemporaryFolder folder;
  {
    FolderStore store(folder.path());
    put_blob(store, "app", "hello");
    store.put_manifest("app", sized_image("1"));
    fs::resize_file(folder.path() / "blobs/sha256" / hello.hex(), std::uintmax_t{1} << 40);
    std::stop_source stop;
    process_stop() = stop.get_token();
    stop.request_stop();
    CHECK_FAILS(store.put_manifest("app", sized_image("2")), ErrorKind::cancelled, "stopped");
    process_stop() = {};
  }
  fs::resize_file(folder.path() / "repositories/app/index.json", std::uintmax_t{1} << 40);
  FolderStore store(folder.path());
  CHECK_FAILS(store.tags("app", {}), ErrorKind::local, ": a control character, which JSON has not");
}

}  // namespace damaged_folder_test
