#include "layout/dir_store.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/file.h"
#include "test/support/check_fails.h"
#include "test/support/stored_images.h"

namespace dir_store_test {

using namespace n2c;
using namespace n2c::test;

namespace {

std::set<std::string> files_in(const std::filesystem::path& folder) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.insert(entry.path().filename().string());
  }
  return files;
}

}  // namespace

TEST_CASE("a dir: folder holds the manifest as it is and each blob under its hex digest") {
  const TemporaryFolder folder;
  const StoredImage image = stored_image({"layer"});
  DirStore store(folder.path());
  put_image(store, image, {});
  CHECK(files_in(folder.path()) == std::set<std::string>{"version", "manifest.json",
                                                         image.parts[0].digest.hex(),
                                                         image.parts[1].digest.hex()});
  CHECK(read_file(folder.path() / "version", 100) == "Directory Transport Version: 1.1\n");
  DirSource source(folder.path());
  check_holds(source, image);
}

TEST_CASE("a new image in a dir: folder takes the old one's place once it is whole") {
  const TemporaryFolder folder;
  const StoredImage old_one = stored_image({"old", "shared"});
  const StoredImage new_one = stored_image({"new", "shared"});
  {
    DirStore store(folder.path());
    put_image(store, old_one, {});
  }
  DirStore store(folder.path());
  CHECK(store.find(new_one.parts[2], {}) == BlobOutcome::present);
  put_blobs(store, new_one);
  DirSource source(folder.path());
  check_holds(source, old_one);
  CHECK(store.put_manifest(new_one.manifest, new_one.json, {}, {}).stored());
  check_holds(source, new_one);
  CHECK_FALSE(std::filesystem::exists(folder.path() / old_one.parts[1].digest.hex()));
}

TEST_CASE("an index in a dir: folder lists manifests that are files beside it") {
  const TemporaryFolder folder;
  const StoredImage amd64 = stored_image({"amd64"}, "amd64");
  const StoredImage arm64 = stored_image({"arm64"}, "arm64");
  oci::Index index;
  DirStore store(folder.path());
  for (const StoredImage* image : {&amd64, &arm64}) {
    put_blobs(store, *image);
    CHECK(store.put_listed(image->manifest, image->json, {}).stored());
    index.manifests.push_back(image->manifest);
  }
  index.manifests[0].platform = oci::Platform{"linux", "amd64", ""};
  index.manifests[1].platform = oci::Platform{"linux", "arm64", ""};
  const std::string json = index.to_json();
  CHECK(store.put_manifest(describe(oci::media_type::index, json), json, {}, {}).stored());

  DirSource source(folder.path());
  CHECK(source.root({}).json == json);
  CHECK(manifest_for(source, oci::Platform{"linux", "arm64", "v8"}, {}).json == arm64.json);
  try {
    manifest_for(source, oci::Platform{"linux", "riscv64", ""}, {});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    CHECK(error.hint() == "--platform chooses one of: linux/amd64, linux/arm64");
  }
}

TEST_CASE("a folder with other things in it is not taken for a dir: folder") {
  const TemporaryFolder folder;
  write_file(folder.path() / "thesis.tex", "years of work");
  CHECK_FAILS(DirStore{folder.path()}, ErrorKind::input,
              "is there and holds no image (it holds thesis.tex)");
  CHECK(files_in(folder.path()) == std::set<std::string>{"thesis.tex"});
}

TEST_CASE("a folder without manifest.json says so") {
  const TemporaryFolder folder;
  DirSource source(folder.path());
  CHECK_THROWS_WITH_AS(
      source.root({}),
      cat("dir:", folder.path().string(), ": no image there: it has no manifest.json").c_str(),
      Error);
}

TEST_CASE(
    "a link inside a dir: folder is named and not followed when it is written; the folder may be "
    "one") {
  const StoredImage image = stored_image({"layer"});
  const auto listed = image.manifest.digest.hex() + ".manifest.json";
  for (const std::string& name :
       std::vector<std::string>{"version", "manifest.json", image.parts[1].digest.hex(), listed}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    const auto dir = folder.path() / "dir";
    {
      DirStore made(dir);
    }
    std::filesystem::remove(dir / name);
    write_file(folder.path() / "elsewhere", "layer");
    std::filesystem::create_symlink("../elsewhere", dir / name);
    try {
      DirStore store(dir);
      for (const oci::Descriptor& part : image.parts) store.find(part, {});
      put_blobs(store, image);
      store.put_listed(image.manifest, image.json, {});
      put_image(store, image, {});
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.message() ==
            cat((dir / name).string(), " is a link: what it leads to is not written"));
    }
    CHECK(read_file(folder.path() / "elsewhere", 10) == "layer");
  }
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "real");
  std::filesystem::create_symlink("real", folder.path() / "link");
  DirStore store(folder.path() / "link");
  put_image(store, image, {});
  DirSource source(folder.path() / "real");
  check_holds(source, image);
}

TEST_CASE("a blob of a dir: folder that was altered is replaced when it is verified") {
  const TemporaryFolder folder;
  const StoredImage image = stored_image({"layer"});
  {
    DirStore store(folder.path());
    put_image(store, image, {});
  }
  write_file(folder.path() / image.parts[1].digest.hex(), "lAyer");
  {
    DirStore trusting(folder.path());
    CHECK(trusting.find(image.parts[1], {}) == BlobOutcome::present);
  }
  DirStore verifying(folder.path(), BlobTrust::digest);
  CHECK_FALSE(verifying.find(image.parts[1], {}));
  put_image(verifying, image, {});
  DirSource source(folder.path());
  check_holds(source, image);
}

}  // namespace dir_store_test
