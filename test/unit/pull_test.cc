#include "places/pull.h"

#include <doctest/doctest.h>
#include <sys/file.h>

#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "layout/dir_store.h"
#include "layout/oci_layout.h"
#include "oci/layout.h"
#include "test/support/check_fails.h"
#include "test/support/silent_progress.h"
#include "test/support/stored_images.h"

namespace pull_test {

using namespace n2c;
using namespace n2c::test;

namespace {

constexpr const char* mark = ".n2c-pull";

/// An image in a layout, and a folder to pull it into.
struct Pull {
  explicit Pull(StoredImage stored = stored_image({"layer", "another"})) : image(stored) {
    LayoutStore store(folder.path() / "layout");
    put_image(store, image, {"v1"});
  }
  CopyReport run(BlobTrust trust = BlobTrust::size, std::optional<oci::Platform> platform = {}) {
    auto source = std::make_shared<LayoutSource>(
        std::make_unique<FolderFiles>(folder.path() / "layout"), "v1", std::nullopt);
    SilentProgress progress;
    return pull_image(source, out(), {.platform = std::move(platform), .trust = trust}, progress,
                      {});
  }
  std::filesystem::path out() const { return folder.path() / "out"; }
  std::string failure() {
    try {
      run();
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  }
  void check_whole() const {
    DirSource source(out());
    check_holds(source, image);
    CHECK(std::distance(std::filesystem::directory_iterator(out()), {}) == 5);
  }
  /// What is there when a pull is killed after its first blob.
  void leave_half() const {
    DirStore store(out());
    std::atomic<std::uint64_t> sent = 0;
    store.put(MemorySource(image.blobs.at(image.parts[1].digest)), "", image.parts[1], sent, {});
    write_file(out() / mark, "");
    write_file(out() / ".n2c-17.part", "ha");
  }

  TemporaryFolder folder;
  StoredImage image;
};

}  // namespace

TEST_CASE("a pull into a new or an empty folder leaves the image and nothing else") {
  Pull pull;
  CHECK(pull.run().sent == 3);
  pull.check_whole();
  Pull empty;
  std::filesystem::create_directory(empty.out());
  empty.run();
  empty.check_whole();
}

TEST_CASE(
    "an image for another platform than the wanted one is refused, and both are named (#21)") {
  Pull pull;
  const oci::Platform s390x{.os = "linux", .architecture = "s390x"};
  CHECK_FAILS(pull.run(BlobTrust::size, s390x), ErrorKind::input,
              "the image is for linux/amd64, not for linux/s390x");
  CHECK_FALSE(std::filesystem::exists(pull.out()));
  pull.run(BlobTrust::size, oci::Platform{.os = "linux", .architecture = "amd64"});
  pull.check_whole();
}

TEST_CASE("a foreign layer's bytes are left out of a pull, and its manifest keeps it (#19)") {
  StoredImage image = stored_image({"base from Microsoft", "mine"});
  auto manifest = *oci::Manifest::from_json(image.json);
  manifest.layers[0].media_type = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
  image.json = manifest.to_json();
  image.manifest = describe(oci::media_type::manifest, image.json);
  image.parts.erase(image.parts.begin() + 1);
  Pull pull(std::move(image));
  CHECK(pull.run().sent == 2);
  DirSource source(pull.out());
  check_holds(source, pull.image);
  CHECK_FALSE(std::filesystem::exists(pull.out() / manifest.layers[0].digest.hex()));
}

TEST_CASE("an image is pulled on whatever machine, when no platform is asked for") {
  Pull pull(stored_image({"layer", "another"}, "s390x"));
  pull.run();
  pull.check_whole();
}

TEST_CASE("what a pull that was killed left is gone on with, and its blobs are not fetched again") {
  Pull pull;
  pull.leave_half();
  const CopyReport report = pull.run();
  CHECK(report.present == 1);
  CHECK(report.sent == 2);
  pull.check_whole();
}

TEST_CASE("what a killed pull left of another image goes") {
  Pull pull;
  const StoredImage other = stored_image({"something else"});
  {
    DirStore store(pull.out());
    put_blobs(store, other);
  }
  write_file(pull.out() / mark, "");
  pull.run();
  pull.check_whole();
}

TEST_CASE(
    "a blob that a killed pull left and that was altered is fetched again when it is verified") {
  Pull pull;
  pull.leave_half();
  write_file(pull.out() / pull.image.parts[1].digest.hex(), "lAyer");
  CHECK(pull.run(BlobTrust::digest).sent == 3);
  pull.check_whole();
}

TEST_CASE("a folder at which another pull is just now is refused, and stays as it is") {
  Pull pull;
  pull.leave_half();
  const FileDescriptor held = open_to_lock(pull.out() / mark);
  REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
  CHECK(pull.failure() == "another pull is writing to " + pull.out().string());
  CHECK(std::filesystem::exists(pull.out() / pull.image.parts[1].digest.hex()));
}

TEST_CASE("a folder of somebody else's is refused, with or without what looks like our mark") {
  const auto leave_mark = [](Pull& pull) { write_file(pull.out() / mark, ""); };
  const auto leave_link = [](Pull& pull) {
    write_file(pull.folder.path() / "file", "");
    std::filesystem::create_symlink("../file", pull.out() / mark);
  };
  const auto leave_nothing = [](Pull&) {};
  for (const std::function<void(Pull&)>& leave :
       {std::function<void(Pull&)>(leave_mark), {leave_link}, {leave_nothing}}) {
    Pull pull;
    std::filesystem::create_directory(pull.out());
    leave(pull);
    write_file(pull.out() / "thesis.tex", "years of work");
    CHECK(pull.failure() == pull.out().string() + " is there already and not empty");
    CHECK(read_file(pull.out() / "thesis.tex", 100) == "years of work");
  }
}

TEST_CASE("a file in place of the folder of a pull is refused and stays as it is") {
  Pull pull;
  write_file(pull.out(), "years of work");
  CHECK(pull.failure() == pull.out().string() + " is there already and not empty");
  CHECK(read_file(pull.out(), 100) == "years of work");
}

TEST_CASE(
    "a folder that holds a whole image is refused, also when its pull was killed at the very end") {
  Pull pull;
  pull.run();
  CHECK(pull.failure() == pull.out().string() + " is there already and not empty");
  write_file(pull.out() / mark, "");
  CHECK(pull.failure() == pull.out().string() + " is there already and not empty");
  pull.check_whole();
}

TEST_CASE("a pull that fails leaves nothing of what a killed one had fetched") {
  Pull pull;
  pull.leave_half();
  std::filesystem::remove(pull.folder.path() / "layout" /
                          oci::layout::blob_path(pull.image.parts[2].digest));
  CHECK_FALSE(pull.failure().empty());
  CHECK(std::filesystem::is_empty(pull.out()));
}

}  // namespace pull_test
