/// Files of a registry's folder that a crash left with another length than they had (#23).

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <stop_token>

#include "base/file.h"
#include "base/input_wait.h"
#include "base/text.h"
#include "oci/media_type.h"
#include "registry/server/store/folder_store.h"
#include "test/support/check_fails.h"
#include "test/support/put_blob.h"

namespace damaged_folder_test {

using namespace n2c;
using namespace n2c::registry;
using test::put_blob;

namespace {

namespace fs = std::filesystem;

const oci::Digest hello = oci::Digest::of("hello");

/// An image whose config is "hello".
NewManifest image_with(std::string tag) {
  const std::string json =
      cat(R"({"schemaVersion":2,"config":{"mediaType":")", oci::media_type::config,
          R"(","digest":")", hello.str(), R"(","size":5},"layers":[]})");
  return {.record = {{std::string(oci::media_type::manifest), oci::Digest::of(json), json.size()},
                     json},
          .tags = {std::move(tag)},
          .required_blobs = {hello},
          .sizes = {{hello, 5}}};
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
    store.put_manifest("app", image_with("1"));
    fs::resize_file(folder.path() / "blobs/sha256" / hello.hex(), std::uintmax_t{1} << 40);
    std::stop_source stop;
    process_stop() = stop.get_token();
    stop.request_stop();
    CHECK_FAILS(store.put_manifest("app", image_with("2")), ErrorKind::cancelled, "stopped");
    process_stop() = {};
  }
  fs::resize_file(folder.path() / "repositories/app/index.json", std::uintmax_t{1} << 40);
  FolderStore store(folder.path());
  CHECK_FAILS(store.tags("app", {}), ErrorKind::local, ": a control character, which JSON has not");
}

}  // namespace damaged_folder_test
