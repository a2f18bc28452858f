#include "places/archive_destination.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/file.h"
#include "layout/archive_reader.h"
#include "layout/docker_archive.h"
#include "layout/oci_layout.h"
#include "test/support/check_fails.h"
#include "test/support/memory_place.h"
#include "test/support/silent_progress.h"

namespace archive_destination_test {

using namespace n2c;
using namespace n2c::test;

namespace {

/// An image of one layer: a tar that is all zero, which is a whole and empty one.
Image empty_tar_image() {
  const std::string tar(1024, '\0');
  const oci::Digest diff_id = oci::Digest::of(tar);
  const oci::Platform platform{.architecture = "amd64"};
  const oci::Config config{.platform = platform, .diff_ids = {diff_id}};
  Image image{.config_json = config.to_json(), .platform = platform};
  image.layers.push_back(
      {.diff_id = diff_id,
       .blob = {describe(oci::media_type::layer_tar, tar), std::make_shared<MemorySource>(tar)}});
  return image;
}

std::shared_ptr<MemoryImages> stored(const StoredImage& image) {
  auto source = std::make_shared<MemoryImages>();
  source->add(image);
  return source;
}

}  // namespace

TEST_CASE("a stored image goes into an OCI archive and comes out as it was") {
  const TemporaryFolder folder;
  SilentProgress progress;
  const StoredImage image = stored_image({"one", "two", "two"});
  const std::string file = (folder.path() / "a.tar").string();
  OciArchiveDestination place(*Address::parse("oci-archive:" + file + ":v1"));
  CHECK(place.copy(stored(image), {.tags = {"v2"}}, progress, {}).manifest.digest ==
        image.manifest.digest);
  for (const char* tag : {"v1", "v2"}) {
    LayoutSource source(std::make_unique<ArchiveReader>(file), tag, std::nullopt);
    check_holds(source, image);
  }
}

namespace {

/// The annotations of the archive's images, and what was said, when it was written to that place.
std::pair<std::vector<oci::Annotations>, std::vector<std::string>> names_of(
    const std::string& behind_file, const std::vector<std::string>& tags) {
  const TemporaryFolder folder;
  SilentProgress progress;
  const std::string file = (folder.path() / "a.tar").string();
  const auto source = stored(stored_image({"one"}));
  OciArchiveDestination place(*Address::parse("oci-archive:" + file + behind_file));
  place.copy(source, {.tags = tags}, progress, {});
  std::vector<oci::Annotations> annotations;
  const std::string json = ArchiveReader(file).read("index.json", 1 << 20);
  const auto index = *oci::Index::from_json(json);
  for (const oci::Descriptor& one : index.manifests) annotations.push_back(one.annotations);
  return {annotations, progress.notes()};
}

}  // namespace

TEST_CASE("an OCI archive has the whole names that docker load and containerd look for (#19)") {
  const std::string name = "org.opencontainers.image.ref.name";
  const std::string whole = "io.containerd.image.name";
  using Names = std::vector<oci::Annotations>;
  CHECK(names_of(":app:1", {}).first ==
        Names{{{name, "app:1"}, {whole, "docker.io/library/app:1"}}});
  CHECK(names_of(":ghcr.io/acme/app:1", {"v2", "v2"}).first ==
        Names{{{name, "ghcr.io/acme/app:1"}, {whole, "ghcr.io/acme/app:1"}}, {{name, "v2"}}});
  CHECK(names_of(":v1", {}).first == Names{{{name, "v1"}}});
  CHECK(names_of(":v1", {}).second.empty());
  const auto [nameless, said] = names_of("", {});
  CHECK(nameless == Names{{}});
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("oci-archive:FILE:NAME:TAG") != std::string::npos);
}

TEST_CASE("an archive whose blob turns out wrong is not there, and an older one stays") {
  const TemporaryFolder folder;
  SilentProgress progress;
  const std::string file = (folder.path() / "a.tar").string();
  const auto write = [&](const std::string& kind, const std::shared_ptr<ImageSource>& source) {
    const auto address = *Address::parse(kind + ":" + file);
    if (kind == "oci-archive") {
      OciArchiveDestination(address).copy(source, {}, progress, {});
    } else {
      DockerArchiveDestination(address).copy(source, {}, progress, {});
    }
  };
  const StoredImage image = stored_image({"a layer that is much longer than the others", "two"});
  const auto altered = stored(image);
  altered->blobs[image.parts[1].digest][5] = 'X';
  for (const char* kind : {"oci-archive", "docker-archive"}) {
    CHECK_FAILS(write(kind, altered), ErrorKind::integrity, "were due, but they");
    CHECK(std::filesystem::is_empty(folder.path()));
    write(kind, stored(image));
    const std::string before = read_file(file, 1 << 20);
    CHECK_FAILS(write(kind, altered), ErrorKind::integrity, "were due, but they");
    CHECK(read_file(file, 1 << 20) == before);
    std::filesystem::remove(file);
  }
}

TEST_CASE("a described image is compressed into an OCI archive under the digest a store gives it") {
  const TemporaryFolder folder;
  SilentProgress progress;
  const Image image = empty_tar_image();
  const std::string file = (folder.path() / "a.tar").string();
  MemoryBlobStore store;
  const PushReport expected = push_to_store(image, store, {}, progress, {});
  OciArchiveDestination place(*Address::parse("oci-archive:" + file));
  CHECK(place.push(image, {}, progress, {}).manifest->digest == expected.manifest->digest);
  LayoutSource source(std::make_unique<ArchiveReader>(file), "", std::nullopt);
  CHECK(source.root({}).json == store.manifests.at(expected.manifest->digest));
}

TEST_CASE("a docker-archive gives back the image under each of its names") {
  const TemporaryFolder folder;
  SilentProgress progress;
  const Image image = empty_tar_image();
  const std::string file = (folder.path() / "a.tar").string();
  DockerArchiveDestination place(*Address::parse("docker-archive:" + file + ":app:1"));
  place.push(image, {.tags = {"2"}}, progress, {});
  const auto files = std::make_shared<const ArchiveReader>(file);
  for (const char* name : {"app:1", "docker.io/library/app:2"}) {
    const Image read = open_docker_archive(files, *oci::Reference::parse(name));
    CHECK(read.config_json == image.config_json);
    REQUIRE(read.layers.size() == 1);
    CHECK(read.layers[0].blob.descriptor == image.layers[0].blob.descriptor);
    CHECK(read_all(*read.layers[0].blob.bytes->open(), 4096) == std::string(1024, '\0'));
  }
  CHECK_FAILS(open_docker_archive(files, *oci::Reference::parse("other:1")), ErrorKind::input,
              "no image docker.io/library/other:1 in it");
  CHECK(open_docker_archive(files, std::nullopt).layers.size() == 1);
}

TEST_CASE("what is no archive, or not this one, is named in the error") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.tar";
  write_file(file,
             "not a tar at all, but long enough to be looked at as one" + std::string(1000, 'x'));
  CHECK_FAILS(ArchiveReader{file}, ErrorKind::input, "Unrecognized archive format");
  CHECK_FAILS(ArchiveReader{folder.path() / "missing.tar"}, ErrorKind::local,
              "missing.tar: No such file or directory");
  CHECK_FALSE(parse_docker_archive_manifest("{").has_value());
  CHECK_FALSE(parse_docker_archive_manifest(R"([{"Config":5}])"));
}

}  // namespace archive_destination_test
