#include "layout/archive_writer.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "go/encoding_json.h"
#include "test/support/layered_image.h"
#include "test/support/small_tar.h"
#include "transfer/manifest_blobs.h"

namespace archive_writer_test {

using namespace n2c;
using test::files_by_path;
using test::layered_image;

namespace {

std::string bytes_of_source(const ByteSource& source) { return read_all(*source.open(), 1 << 24); }

ArchiveSource one_file(std::uint64_t size, std::string bytes) {
  return ArchiveSource({{"f", size, std::make_shared<MemorySource>(std::move(bytes))}});
}

}  // namespace

TEST_CASE("an archive gives the same bytes each time, from any offset") {
  const Image image = layered_image({"one", "two"});
  const DockerArchiveImage named{image, {"docker.io/library/app:1"}};
  const ArchiveSource archive(docker_archive({&named, 1}));
  const std::string whole = bytes_of_source(archive);
  CHECK(whole == bytes_of_source(archive));
  CHECK(read_all(*archive.open(700), 1 << 24) == whole.substr(700));
  CHECK(whole.size() % 512 == 0);
}

TEST_CASE("a docker-archive has the config, each layer once and the names") {
  const Image image = layered_image({"one", "two", "one"});
  const DockerArchiveImage named{image, {"docker.io/library/app:1", "docker.io/library/app:2"}};
  const auto files = files_by_path(bytes_of_source(ArchiveSource(docker_archive({&named, 1}))));
  CHECK(files.size() == 4);
  CHECK(files.at(image.layers[1].diff_id.hex() + ".tar") == "two");
  CHECK(files.at(oci::Digest::of(image.config_json).hex() + ".json") == image.config_json);
  const auto manifest = go::Json::parse(files.at("manifest.json"));
  const go::Json& entry = manifest->as_array()->front();
  CHECK(entry.find("Layers")->as_array()->size() == 3);
  CHECK(entry.find("RepoTags")->as_array()->size() == 2);
}

TEST_CASE("an archive without names and layers leaves them out of the tar but not of its lists") {
  const Image image = layered_image({"one", "two"});
  const DockerArchiveImage thin{image, {}, {image.layers[0].diff_id}};
  const auto files = files_by_path(bytes_of_source(ArchiveSource(docker_archive({&thin, 1}))));
  CHECK_FALSE(files.contains(image.layers[0].diff_id.hex() + ".tar"));
  CHECK(files.contains(image.layers[1].diff_id.hex() + ".tar"));
  const auto manifest = go::Json::parse(files.at("manifest.json"));
  CHECK(manifest->as_array()->front().find("RepoTags")->as_array()->empty());
  CHECK(manifest->as_array()->front().find("Layers")->as_array()->size() == 2);
}

TEST_CASE("an OCI archive has the layout, the index and each blob by its digest") {
  const Image image = layered_image({"one", "two"});
  const std::vector<Blob> layers{image.layers[0].blob, image.layers[1].blob};
  const ManifestBlobs blobs = manifest_blobs(image, layers);
  const std::vector<std::string> names{"localhost:5000/app:1"};
  const ArchiveSource archive(oci_archive(layout_index(blobs.manifest, names), blobs.blobs,
                                          {image.layers[0].blob.descriptor.digest}));
  const auto files = files_by_path(bytes_of_source(archive));
  CHECK(files.at("oci-layout") == R"({"imageLayoutVersion":"1.0.0"})");
  const auto index = oci::Index::from_json(files.at("index.json"));
  REQUIRE(index->manifests.size() == 1);
  CHECK(index->manifests[0].annotations.at("io.containerd.image.name") == names[0]);
  CHECK(index->manifests[0].annotations.at("org.opencontainers.image.ref.name") == "1");
  const auto manifest =
      oci::Manifest::from_json(files.at("blobs/sha256/" + blobs.manifest.digest.hex()));
  CHECK(manifest->layers.size() == 2);
  CHECK(files.at("blobs/sha256/" + manifest->config.digest.hex()) == image.config_json);
  CHECK(files.at("blobs/sha256/" + manifest->layers[1].digest.hex()) == "two");
  CHECK_FALSE(files.contains("blobs/sha256/" + manifest->layers[0].digest.hex()));
}

TEST_CASE("the folders of an OCI archive's blobs come before what is in them, each once") {
  const Image image = layered_image({"one"});
  const std::vector<Blob> layers{image.layers[0].blob};
  const ManifestBlobs blobs = manifest_blobs(image, layers);
  std::vector<std::string> paths;
  for (const auto& file : oci_archive(layout_index(blobs.manifest, {}), blobs.blobs)) {
    paths.push_back(file.path.substr(0, 13));
  }
  CHECK(paths == std::vector<std::string>{"oci-layout", "index.json", "blobs/", "blobs/sha256/",
                                          "blobs/sha256/", "blobs/sha256/", "blobs/sha256/"});
}

TEST_CASE("a name with a port and no tag gets no ref.name") {
  const Image image = layered_image({});
  const ManifestBlobs blobs = manifest_blobs(image, {});
  const std::vector<std::string> names{"localhost:5000/app"};
  CHECK(layout_index(blobs.manifest, names).manifests[0].annotations.size() == 1);
  CHECK(layout_index(blobs.manifest, {}).manifests[0].annotations.empty());
}

TEST_CASE("a file that is not as long as it was said to be ends the archive with an error") {
  CHECK_THROWS_WITH_AS(bytes_of_source(one_file(5, "four")),
                       "f is shorter than the 5 bytes it should have", Error);
  CHECK_THROWS_WITH_AS(bytes_of_source(one_file(3, "four")),
                       "f is longer than the 3 bytes it should have", Error);
  CHECK(files_by_path(bytes_of_source(one_file(4, "four"))).at("f") == "four");
}

TEST_CASE("a file that is larger than ustar can say is still written") {
  struct Endless final : ByteSource {
    std::unique_ptr<Reader> open(std::uint64_t) const override {
      struct Zeros final : Reader {
        std::size_t read(ByteSpan into) override { return into.size(); }
      };
      return std::make_unique<Zeros>();
    }
  };
  const ArchiveSource archive({{"big", 20ULL << 30, std::make_shared<Endless>()}});
  std::vector<std::byte> head(4096);
  CHECK(read_full(*archive.open(), head) == head.size());
  CHECK(text_of(head).contains("size=21474836480"));
}

}  // namespace archive_writer_test
