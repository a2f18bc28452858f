/// Repositories of a folder that other programs wrote, as the OCI layouts that they are.

#include <doctest/doctest.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "oci/layout.h"
#include "registry/server/store/folder_store.h"

namespace foreign_manifests_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

namespace fs = std::filesystem;

const oci::Digest hello = oci::Digest::of("hello");

/// An image whose config is `config`, which has no layers.
oci::RawManifest image_of(std::string_view config) {
  const std::string json = cat(
      R"({"schemaVersion":2,"config":{"mediaType":")", oci::media_type::config, R"(","digest":")",
      oci::Digest::of(config).str(), R"(","size":)", config.size(), R"(},"layers":[]})");
  return {{std::string(oci::media_type::manifest), oci::Digest::of(json), json.size()}, json};
}

/// An index of these manifests, each with this text in front of its digest.
oci::RawManifest index_of(const std::vector<oci::RawManifest>& manifests, std::string_view type) {
  std::string list;
  for (const auto& [descriptor, json] : manifests) {
    list += cat(list.empty() ? "{" : ",{", type, R"("digest":")", descriptor.digest.str(),
                R"(","size":)", descriptor.size, "}");
  }
  const std::string json = cat(R"({"schemaVersion":2,"manifests":[)", list, "]}");
  return {{std::string(oci::media_type::index), oci::Digest::of(json), json.size()}, json};
}

/// A layout that another program wrote: these blobs, and an index.json that names one of them.
void write_layout(const fs::path& folder, const std::vector<std::string>& blobs,
                  oci::Descriptor named) {
  fs::create_directories(folder / "blobs/sha256");
  for (const std::string& bytes : blobs) {
    write_file(folder / "blobs/sha256" / oci::Digest::of(bytes).hex(), bytes);
  }
  named.annotations = {{std::string(oci::layout::ref_name), "1"}};
  write_file(folder / "index.json",
             cat(R"({"schemaVersion":2,"manifests":[)", oci::descriptor_json(named), "]}"));
}

std::string blob_of(FolderStore& store, const std::string& repository, const oci::Digest& blob) {
  const auto reader = store.open(repository, blob, 0);
  return reader ? read_all(*reader, 1 << 20) : "none";
}

}  // namespace

TEST_CASE(
    "an index that another program wrote into a repository has its images, collected or not") {
  const std::string_view typed = R"("mediaType":"application/vnd.oci.image.manifest.v1+json",)";
  const std::string_view index_typed = R"("mediaType":"application/vnd.oci.image.index.v1+json",)";
  const auto image = image_of("hello");
  const auto other = image_of("other");
  for (const std::string_view type : {typed, std::string_view()}) {
    CAPTURE(type);
    const TemporaryFolder folder;
    auto absent = image_of("absent");
    const auto inner = index_of({image, absent}, type);
    const auto outer = index_of({inner}, type.empty() ? type : index_typed);
    const auto top = index_of({outer, other}, "");
    auto named = top.descriptor;
    if (type.empty()) named.media_type = oci::media_type::manifest;  // wrong
    write_layout(
        folder.path() / "repositories/app",
        {"hello", "other", "stray", image.json, other.json, inner.json, outer.json, top.json},
        named);
    FolderStore store(folder.path());
    for (const auto& manifest : {image, other, inner, outer, top}) {
      REQUIRE(store.find_manifest("app", manifest.descriptor.digest));
      CHECK(store.find_manifest("app", manifest.descriptor.digest)->descriptor.media_type ==
            manifest.descriptor.media_type);
    }
    CHECK_FALSE(store.find_manifest("app", absent.descriptor.digest));
    store.collect();
    CHECK(store.stat("app", hello) == 5);
    CHECK(store.stat("app", oci::Digest::of("other")) == 5);
    CHECK(store.find_manifest("app", image.descriptor.digest));
    CHECK_FALSE(store.stat("app", oci::Digest::of("stray")));
  }
}

TEST_CASE("nothing is collected where a manifest cannot be understood") {
  const TemporaryFolder folder;
  const std::string json = R"({"schemaVersion":3,"parts":["hello"]})";
  write_layout(folder.path() / "repositories/app", {"hello", json},
               {"application/x", oci::Digest::of(json), json.size()});
  std::vector<std::string> notes;
  FolderStore store(folder.path(), [&](std::string line) { notes.push_back(line); });
  CHECK(store.collect().blobs == 0);
  CHECK(store.stat("app", hello) == 5);
  REQUIRE_FALSE(notes.empty());
  CHECK(notes.back().contains("app: nothing is removed"));
}

TEST_CASE("a blob of a repository that another program wrote can be mounted, but no damaged one") {
  const TemporaryFolder folder;
  const auto image = image_of("hello");
  const fs::path written = folder.path() / "repositories/written";
  write_layout(written, {"hello", "other", image.json}, image.descriptor);
  write_file(written / "blobs/sha256" / oci::Digest::of("other").hex(), "0ther");
  FolderStore store(folder.path());
  CHECK(store.mount("app", hello, "written"));
  CHECK(blob_of(store, "app", hello) == "hello");
  CHECK(store.mount("third", hello, {}));
  CHECK_FALSE(store.mount("app", oci::Digest::of("other"), "written"));
}

}  // namespace foreign_manifests_test
