#include "layout/oci_layout.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "oci/layout.h"
#include "test/support/check_fails.h"
#include "test/support/stored_images.h"

namespace oci_layout_test {

using namespace n2c;
using namespace n2c::test;

namespace {

LayoutSource open_layout(const std::filesystem::path& folder, std::string tag = {},
                         std::optional<oci::Digest> digest = {}) {
  return {std::make_unique<FolderFiles>(folder), std::move(tag), std::move(digest)};
}

std::vector<std::string> leftovers(const std::filesystem::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    if (file.starts_with(".n2c-")) found.push_back(file);
  }
  return found;
}

/// Gives some bytes and then fails, as a connection does.
class FailingSource final : public ByteSource {
 public:
  std::unique_ptr<Reader> open(std::uint64_t) const override {
    class Failing final : public Reader {
     public:
      std::size_t read(ByteSpan) override {
        if (++reads_ > 2) throw Error(ErrorKind::network, "cut");
        return 5;
      }

     private:
      int reads_ = 0;
    };
    return std::make_unique<Failing>();
  }
};

}  // namespace

TEST_CASE("a layout holds several images, each under its tag") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "layout";
  const StoredImage one = stored_image({"layer one", "shared"});
  const StoredImage two = stored_image({"layer two", "shared"});
  LayoutStore store(path);
  put_image(store, one, {"one", "latest"});
  put_image(store, two, {"two"});
  for (const char* tag : {"one", "latest"}) {
    auto source = open_layout(path, tag);
    check_holds(source, one);
  }
  auto source = open_layout(path, "two");
  check_holds(source, two);
  auto by_digest = open_layout(path, "", two.manifest.digest);
  check_holds(by_digest, two);
  CHECK(leftovers(path).empty());
}

TEST_CASE("a layout's index.json is as skopeo writes it") {
  const TemporaryFolder folder;
  const StoredImage image = stored_image({"layer"});
  LayoutStore store(folder.path());
  put_image(store, image, {"v1"});
  CHECK(read_file(folder.path() / "oci-layout", 100) == R"({"imageLayoutVersion":"1.0.0"})");
  CHECK(read_file(folder.path() / "index.json", 1000) ==
        cat(R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",)",
            R"("manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",)",
            R"("digest":")", image.manifest.digest.str(), R"(","size":)", image.manifest.size,
            R"(,"annotations":{"org.opencontainers.image.ref.name":"v1"}}]})"));
}

TEST_CASE("adding to a layout keeps what others wrote into it") {
  const oci::Descriptor added = stored_image({"new"}).manifest;
  const std::vector<std::string> tags{"v1"};
  const std::string before =
      R"({"schemaVersion":2,"x-unknown":[1,1.0],"manifests":[{"mediaType":"a/b","digest":"sha256:00",)"
      R"("size":1,"artifactType":"c/d","annotations":{"org.opencontainers.image.ref.name":"other"}},)"
      R"({"mediaType":"a/b","digest":"sha256:11","size":1}],"annotations":{"k":"v"}})";
  const auto after = with_manifest(before, added, tags);
  REQUIRE(after);
  CHECK(after->find(R"("x-unknown":[1,1.0])") != std::string::npos);
  CHECK(after->find(R"("annotations":{"k":"v"})") != std::string::npos);
  CHECK(after->find(R"({"mediaType":"a/b","digest":"sha256:00","size":1,"artifactType":"c/d",)") !=
        std::string::npos);
  CHECK(after->find(R"({"mediaType":"a/b","digest":"sha256:11","size":1})") != std::string::npos);
  CHECK(after->find(added.digest.str()) != std::string::npos);
  CHECK_FALSE(with_manifest("[]", added, tags));
  CHECK_FALSE(with_manifest(R"({"manifests":{}})", added, tags));
}

TEST_CASE("an index.json that is empty, as while another program writes it, is not replaced") {
  const TemporaryFolder folder;
  LayoutStore store(folder.path());
  write_file(folder.path() / "index.json", "");
  const std::string json = "{}";
  const oci::Descriptor manifest{std::string(oci::media_type::manifest), oci::Digest::of(json), 2};
  const std::vector<std::string> tags{"v1"};
  CHECK_THROWS_WITH_AS(store.put_manifest(manifest, json, tags, {}),
                       (folder.path() / "index.json is empty").c_str(), Error);
  CHECK(read_file(folder.path() / "index.json", 10).empty());
}

TEST_CASE("a tag moves to the new image, and the old one's blobs stay") {
  const TemporaryFolder folder;
  const StoredImage old_one = stored_image({"old"});
  const StoredImage new_one = stored_image({"new"});
  LayoutStore store(folder.path());
  put_image(store, old_one, {"v1"});
  put_image(store, new_one, {"v1"});
  auto source = open_layout(folder.path(), "v1");
  check_holds(source, new_one);
  auto by_digest = open_layout(folder.path(), "", old_one.manifest.digest);
  check_holds(by_digest, old_one);
}

TEST_CASE("a blob of another digest or size leaves nothing in the layout") {
  const TemporaryFolder folder;
  const StoredImage image = stored_image({"layer"});
  LayoutStore store(folder.path());
  std::atomic<std::uint64_t> sent = 0;
  const oci::Descriptor layer = image.parts[1];
  for (const char* wrong : {"lAyer", "laye", "layer and more", ""}) {
    CHECK_FAILS(store.put(MemorySource(wrong), layer.media_type, layer, sent, {}),
                ErrorKind::integrity, "were due, but they");
    CHECK_FALSE(store.find(layer, {}));
  }
  CHECK_FAILS(store.put(FailingSource(), layer.media_type, std::nullopt, sent, {}),
              ErrorKind::network, "cut");
  CHECK(leftovers(folder.path()).empty());
}

TEST_CASE("a blob that cannot be written is named by the path that it would have") {
  const TemporaryFolder folder;
  const StoredImage image = stored_image({"layer"});
  const auto path = folder.path() / "layout";
  LayoutStore store(path);
  std::filesystem::remove_all(path);
  std::atomic<std::uint64_t> sent = 0;
  const oci::Descriptor layer = image.parts[1];
  CHECK_FAILS(store.put(MemorySource("layer"), layer.media_type, layer, sent, {}), ErrorKind::local,
              (path / "blobs" / "sha256" / layer.digest.hex()).string());
  CHECK_FAILS(store.put(MemorySource("layer"), layer.media_type, std::nullopt, sent, {}),
              ErrorKind::local, "a blob whose digest is not known before its end");
}

TEST_CASE("a truncated blob counts as missing and is written anew") {
  const TemporaryFolder folder;
  const StoredImage image = stored_image({"layer"});
  {
    LayoutStore ended(folder.path());
    put_blobs(ended, image);
  }
  LayoutStore store(folder.path());
  std::filesystem::resize_file(folder.path() / oci::layout::blob_path(image.parts[1].digest), 2);
  CHECK_FALSE(store.find(image.parts[1], {}));
  put_image(store, image, {});
  auto source = open_layout(folder.path());
  check_holds(source, image);
}

TEST_CASE("two writers add to one layout at the same time, and nothing is lost") {
  const TemporaryFolder folder;
  constexpr int images = 12;
  const auto write = [&](const std::string& who) {
    LayoutStore store(folder.path());
    for (int i = 0; i < images; ++i) {
      put_image(store, stored_image({cat(who, i), "shared"}), {cat(who, i)});
    }
  };
  {
    std::jthread left([&] { write("left"); });
    std::jthread right([&] { write("right"); });
  }
  for (int i = 0; i < images; ++i) {
    for (const char* who : {"left", "right"}) {
      auto source = open_layout(folder.path(), cat(who, i));
      check_holds(source, stored_image({cat(who, i), "shared"}));
    }
  }
}

TEST_CASE("what a killed writer left is removed by the next one, whoever else writes") {
  const TemporaryFolder folder;
  const LayoutStore first(folder.path());
  write_file(folder.path() / ".n2c-1234.part", "half");
  const LayoutStore second(folder.path());
  CHECK(leftovers(folder.path()).empty());
}

TEST_CASE("a folder that holds something else is not turned into a layout") {
  const TemporaryFolder folder;
  write_file(folder.path() / "thesis.tex", "years of work");
  CHECK_FAILS(LayoutStore{folder.path()}, ErrorKind::input,
              "is there and is not an OCI layout (it holds thesis.tex)");
  CHECK_FALSE(std::filesystem::exists(folder.path() / "blobs"));
}

TEST_CASE("an image that is not in the layout is missed by name, with what is there") {
  const TemporaryFolder folder;
  LayoutStore store(folder.path());
  put_image(store, stored_image({"one"}), {"v1"});
  put_image(store, stored_image({"two"}), {"v2"});
  try {
    open_layout(folder.path(), "v3").root({});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.message() == folder.path().string() + ":v3: no such image in the layout");
    CHECK(error.hint() == "tags there: v1, v2");
  }
  CHECK_FAILS(open_layout(folder.path()).root({}), ErrorKind::input,
              "more than one image in the layout");
}

TEST_CASE("a layout whose manifest or blob was altered gives an integrity error") {
  const TemporaryFolder folder;
  const StoredImage image = stored_image({"layer"});
  LayoutStore store(folder.path());
  put_image(store, image, {"v1"});
  std::ofstream(folder.path() / oci::layout::blob_path(image.parts[1].digest)) << "lAyer";
  auto source = open_layout(folder.path(), "v1");
  CHECK_FAILS(read_all(*source.open_blob(image.parts[1], {}), 100), ErrorKind::integrity,
              "were due, but they have digest");
  std::ofstream(folder.path() / oci::layout::blob_path(image.manifest.digest)) << image.json << " ";
  CHECK_FAILS(source.root({}), ErrorKind::integrity, "were due, but they have digest");
}

TEST_CASE(
    "a link inside a layout is named and not followed when it is written; the layout may be one") {
  const StoredImage image = stored_image({"layer"});
  const std::vector<std::string> tags{"v1"};
  const std::string blob = oci::layout::blob_path(image.parts[1].digest);
  for (const std::string& name :
       std::vector<std::string>{"blobs", "blobs/sha256", "index.json", "oci-layout", blob,
                                oci::layout::blob_path(image.manifest.digest)}) {
    for (const bool leads_somewhere : {true, false}) {
      CAPTURE(name);
      const TemporaryFolder folder;
      const auto elsewhere = folder.path() / "elsewhere";
      const auto layout = folder.path() / "layout";
      {
        LayoutStore made(layout);
      }
      if (leads_somewhere && name == blob) write_file(elsewhere, "layer");
      if (leads_somewhere && name == "oci-layout") {
        std::filesystem::copy_file(layout / name, elsewhere);
      }
      if (leads_somewhere && name.starts_with("blobs") && !name.contains("256/")) {
        std::filesystem::create_directories(elsewhere / "sha256");
      }
      std::filesystem::remove_all(layout / name);
      std::filesystem::create_symlink(elsewhere, layout / name);
      try {
        LayoutStore store(layout);
        for (const oci::Descriptor& part : image.parts) store.find(part, {});
        put_blobs(store, image);
        store.put_manifest(image.manifest, image.json, tags, {});
        FAIL("no error");
      } catch (const Error& error) {
        CHECK(error.message() ==
              cat((layout / name).string(), " is a link: what it leads to is not written"));
      }
      CHECK(std::filesystem::exists(elsewhere) ==
            (leads_somewhere && name != "index.json" &&
             name != oci::layout::blob_path(image.manifest.digest)));
      if (std::filesystem::is_directory(elsewhere / "sha256")) {
        CHECK(std::filesystem::is_empty(elsewhere / "sha256"));
      }
    }
  }
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "real");
  std::filesystem::create_symlink("real", folder.path() / "link");
  LayoutStore store(folder.path() / "link");
  put_image(store, image, {"v1"});
  auto source = open_layout(folder.path() / "real", "v1");
  check_holds(source, image);
}

TEST_CASE(
    "a FIFO in the place of a layout's file is refused at once, by who writes and who reads") {
  const StoredImage image = stored_image({"layer"});
  const std::vector<std::string> tags{"v1"};
  for (const std::string& name : std::vector<std::string>{
           "index.json", "oci-layout", oci::layout::blob_path(image.parts[1].digest)}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    {
      LayoutStore store(folder.path());
      put_image(store, image, {"v1"});
    }
    std::filesystem::remove(folder.path() / name);
    REQUIRE(::mkfifo((folder.path() / name).c_str(), 0600) == 0);
    CHECK_FAILS(
        [&] {
          LayoutStore store(folder.path());
          for (const oci::Descriptor& part : image.parts) store.find(part, {});
          store.put_manifest(image.manifest, image.json, tags, {});
        }(),
        ErrorKind::input, "is there and is not a regular file");
    CHECK_FAILS(
        [&] {
          auto source = open_layout(folder.path(), "v1");
          source.root({});
          for (const oci::Descriptor& part : image.parts) source.open_blob(part, {});
        }(),
        ErrorKind::input, ": no ");
  }
}

TEST_CASE(
    "a blob whose bytes were altered counts as there by its size, and is replaced when it is "
    "verified") {
  const TemporaryFolder folder;
  const StoredImage image = stored_image({"layer"});
  {
    LayoutStore store(folder.path());
    put_image(store, image, {"v1"});
  }
  write_file(folder.path() / oci::layout::blob_path(image.parts[1].digest), "lAyer");
  LayoutStore trusting(folder.path());
  CHECK(trusting.find(image.parts[1], {}) == BlobOutcome::present);
  LayoutStore verifying(folder.path(), BlobTrust::digest);
  CHECK(verifying.find(image.parts[0], {}) == BlobOutcome::present);
  CHECK_FALSE(verifying.find(image.parts[1], {}));
  put_image(verifying, image, {"v1"});
  auto source = open_layout(folder.path(), "v1");
  check_holds(source, image);
}

TEST_CASE("a manifest that is there with other bytes of the same length is replaced") {
  const TemporaryFolder folder;
  const StoredImage image = stored_image({"layer"});
  LayoutStore store(folder.path());
  put_image(store, image, {"v1"});
  std::string altered = image.json;
  altered.back() = ' ';
  write_file(folder.path() / oci::layout::blob_path(image.manifest.digest), altered);
  put_image(store, image, {"v1"});
  auto source = open_layout(folder.path(), "v1");
  check_holds(source, image);
}

}  // namespace oci_layout_test
