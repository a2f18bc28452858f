#include "transfer/copy.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "test/support/check_fails.h"
#include "test/support/memory_place.h"
#include "test/support/silent_progress.h"
#include "transfer/push_options.h"

namespace copy_test {

using namespace n2c;
using namespace n2c::test;

namespace {

oci::Index index_of(const std::vector<std::pair<StoredImage, std::string>>& images) {
  oci::Index index;
  for (const auto& [image, platform] : images) {
    index.manifests.push_back(image.manifest);
    index.manifests.back().platform = *oci::Platform::parse(platform);
  }
  return index;
}

struct Setting {
  std::shared_ptr<MemoryImages> source = std::make_shared<MemoryImages>();
  MemoryBlobStore store;
  SilentProgress progress;

  CopyReport copy(const CopyOptions& options, const RepositoryState& state = {}) {
    return copy_to_store(source, store, options, progress, {}, state);
  }
};

/// An index of two images that share a layer.
struct TwoPlatforms : Setting {
  TwoPlatforms() {
    source->add(amd64);
    source->add(arm64);
    source->add_index(index_of({{amd64, "linux/amd64"}, {arm64, "linux/arm64/v8"}}));
  }
  StoredImage amd64 = stored_image({"shared", "for amd64"}, "amd64");
  StoredImage arm64 = stored_image({"shared", "for arm64"}, "arm64");
};

}  // namespace

TEST_CASE("of an index the images that are there are taken, and the others named (#19)") {
  const StoredImage riscv = stored_image({"shared", "for riscv64"}, "riscv64");
  for (const bool lacks_manifest : {true, false}) {
    CAPTURE(lacks_manifest);
    TwoPlatforms all;
    all.source->tells = true;
    all.source->add(riscv);
    oci::Index index = index_of(
        {{all.amd64, "linux/amd64"}, {all.arm64, "linux/arm64/v8"}, {riscv, "linux/riscv64"}});
    index.annotations["kept"] = "yes";
    oci::Descriptor attestation = all.arm64.manifest;
    attestation.digest = oci::Digest::of("about arm64");
    attestation.annotations["vnd.docker.reference.digest"] = all.arm64.manifest.digest.str();
    index.manifests.push_back(attestation);
    all.source->add_index(index);
    if (lacks_manifest) {
      all.source->manifests.erase(all.arm64.manifest.digest);
    } else {
      all.source->blobs.erase(all.arm64.parts.back().digest);
    }
    const CopyReport report = all.copy({.tags = {"v1"}});
    CHECK(report.images == 2);
    const auto made = *oci::Index::from_json(all.store.manifests.at(report.manifest.digest));
    CHECK(made.annotations.at("kept") == "yes");
    REQUIRE(made.manifests.size() == 2);
    CHECK(made.manifests[0].digest == all.amd64.manifest.digest);
    CHECK(made.manifests[1].digest == riscv.manifest.digest);
    REQUIRE(all.progress.notes().size() == 1);
    CHECK(all.progress.notes()[0].find("lists linux/arm64/v8, which is not there") !=
          std::string::npos);
    CHECK(all.progress.notes()[0].find("--platform") != std::string::npos);
  }
}

TEST_CASE("of an index the only image that is there is copied as itself") {
  TwoPlatforms all;
  all.source->tells = true;
  all.source->manifests.erase(all.arm64.manifest.digest);
  CHECK(all.copy({.tags = {"v1"}}).manifest.digest == all.amd64.manifest.digest);
  CHECK(all.store.manifests.at(all.amd64.manifest.digest) == all.amd64.json);
  CHECK_FAILS(all.copy({.platform = *oci::Platform::parse("linux/arm64")}), ErrorKind::input,
              "its index lists linux/arm64, which is not there");
  CHECK_FAILS(all.copy({.platform = *oci::Platform::parse("linux/arm64")}), ErrorKind::input,
              "--platform chooses one of: linux/amd64");
  all.source->manifests.erase(all.amd64.manifest.digest);
  CHECK_FAILS(all.copy({}), ErrorKind::input,
              "none of the images that its index lists is there: linux/amd64, linux/arm64/v8");
}

TEST_CASE("images of an index within an index that are there are listed in the outer one") {
  TwoPlatforms all;
  all.source->tells = true;
  const StoredImage riscv = stored_image({"for riscv64"}, "riscv64");
  all.source->add(riscv);
  const oci::RawManifest inner = oci::RawManifest::of(
      oci::media_type::index,
      index_of({{riscv, "linux/riscv64"}, {all.arm64, "linux/arm64"}}).to_json());
  all.source->manifests[inner.descriptor.digest] = inner.json;
  oci::Index outer = index_of({{all.amd64, "linux/amd64"}});
  outer.manifests.push_back(inner.descriptor);
  all.source->add_index(outer);
  const CopyReport whole = all.copy({});
  CHECK(whole.manifest.digest == oci::Digest::of(all.source->top));
  all.source->manifests.erase(all.arm64.manifest.digest);
  const CopyReport part = all.copy({});
  CHECK(part.images == 2);
  CHECK(oci::Index::from_json(all.store.manifests.at(part.manifest.digest))->manifests.size() == 2);
}

TEST_CASE("a tag that is said twice is put once (#19)") {
  CHECK(distinct_tags("v1", {"v2", "v1", "v2"}) == std::vector<std::string>{"v1", "v2"});
  CHECK(distinct_tags("", {"v1", "v1"}) == std::vector<std::string>{"v1"});
  CHECK(distinct_tags("", {}).empty());
}

TEST_CASE("a copied image keeps its manifest's bytes and digest") {
  Setting all;
  const StoredImage image = stored_image({"one", "two"});
  all.source->add(image);
  const CopyReport report = all.copy({.tags = {"v1", "latest"}});
  CHECK(report.manifest.digest == image.manifest.digest);
  CHECK(all.store.manifests.at(image.manifest.digest) == image.json);
  CHECK(all.store.tags.at("v1") == image.manifest.digest);
  CHECK(all.store.tags.at("latest") == image.manifest.digest);
  CHECK(report.sent == 3);
}

TEST_CASE("members of a manifest that we know nothing about are copied with it") {
  Setting all;
  const StoredImage image = stored_image({"one"});
  all.source->add(image);
  all.source->top = image.json.substr(0, image.json.size() - 1) + R"( , "x-later": [1, 1.0]})";
  all.copy({.tags = {"v1"}});
  CHECK(all.store.manifests.at(oci::Digest::of(all.source->top)) == all.source->top);
}

TEST_CASE("an index is copied with every image in it, and what they share is sent once") {
  TwoPlatforms all;
  const CopyReport report = all.copy({.tags = {"v1"}});
  CHECK(report.images == 2);
  CHECK(all.store.manifests.size() == 3);
  CHECK(all.store.tags.at("v1") == oci::Digest::of(all.source->top));
  CHECK(all.store.puts.size() == 5);  // two configs, two layers, the shared one
}

TEST_CASE("a platform chooses one image of an index, and only that is copied") {
  TwoPlatforms all;
  const CopyReport report =
      all.copy({.tags = {"v1"}, .platform = oci::Platform{"linux", "arm64", ""}});
  CHECK(report.manifest.digest == all.arm64.manifest.digest);
  CHECK(all.store.tags.at("v1") == all.arm64.manifest.digest);
  CHECK(all.store.manifests.size() == 1);
}

TEST_CASE("a second copy sends nothing, and writes nothing when the tag is known to be there") {
  TwoPlatforms all;
  const CopyReport first = all.copy({.tags = {"v1"}});
  all.store.puts.clear();
  CHECK(all.copy({.tags = {"v1"}}).sent == 0);
  CHECK(all.store.puts.empty());
  const CopyReport third = all.copy({.tags = {"v1"}}, {.tags = {{"v1", first.manifest.digest}}});
  CHECK(third.nothing_written);
  CHECK_FALSE(
      all.copy({.tags = {"v2"}}, {.tags = {{"v1", first.manifest.digest}}}).nothing_written);
}

TEST_CASE("a destination that lacks what it claimed to have is sent it, once") {
  TwoPlatforms all;
  all.store.falsely_claimed = {all.amd64.parts[1].digest, all.arm64.parts[0].digest};
  all.copy({.tags = {"v1"}});
  CHECK(all.store.tags.contains("v1"));
  CHECK(all.progress.notes().size() == 2);  // one for each image
}

TEST_CASE("a blob that is altered on the way ends the copy before any tag is written") {
  TwoPlatforms all;
  all.source->blobs[all.arm64.parts[2].digest] = "for Arm64";
  try {
    all.copy({.tags = {"v1"}});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::integrity);
    CHECK(error.message().find(all.arm64.parts[2].digest.brief()) != std::string::npos);
  }
  CHECK(all.store.tags.empty());
  CHECK(all.store.manifests.empty());
}

TEST_CASE("a digest in the destination has to be the image's") {
  Setting all;
  const StoredImage image = stored_image({"one"});
  all.source->add(image);
  CHECK_NOTHROW(all.copy({.tags = {"v1"}, .must_be = image.manifest.digest}));
  CHECK_FAILS(all.copy({.tags = {"v2"}, .must_be = image.parts[0].digest}), ErrorKind::integrity,
              ", and the destination says sha256:");
  CHECK_FALSE(all.store.tags.contains("v2"));
}

TEST_CASE("a registry that refuses OCI gets the same image in Docker's words, and says so") {
  TwoPlatforms all;
  all.store.refused = {std::string(oci::media_type::manifest), std::string(oci::media_type::index)};
  const CopyReport report = all.copy({.tags = {"v1"}});
  CHECK(report.manifest.media_type == oci::media_type::docker_index);
  const auto index = oci::Index::from_json(all.store.manifests.at(all.store.tags.at("v1")));
  REQUIRE(index);
  CHECK(index->manifests[1].platform->str() == "linux/arm64/v8");
  const auto image = oci::Manifest::from_json(all.store.manifests.at(index->manifests[1].digest));
  REQUIRE(image);
  CHECK(image->media_type == oci::media_type::docker_manifest);
  CHECK(image->config.media_type == oci::media_type::docker_config);
  CHECK(image->layers[0].media_type == oci::media_type::docker_layer_tar);
  CHECK(image->layers[0].digest == all.arm64.parts[1].digest);
  CHECK(all.progress.notes().size() == 1);
}

TEST_CASE("an image that has to keep its digest is not rewritten for a registry") {
  Setting all;
  const StoredImage image = stored_image({"one"});
  all.source->add(image);
  all.store.refused = {std::string(oci::media_type::manifest)};
  CHECK_FAILS(all.copy({.tags = {"v1"}, .must_be = image.manifest.digest}), ErrorKind::registry,
              "the format is refused: UNSUPPORTED");
  CHECK_FAILS(all.copy({.tags = {"v1"}, .format = ManifestFormat::oci}), ErrorKind::registry,
              "the format is refused: UNSUPPORTED");
}

TEST_CASE("a format that is asked for there and back gives the manifest that it was") {
  TwoPlatforms all;
  const ImageTree tree = read_tree(*all.source, all.source->root({}), {});
  const ImageTree docker = in_format(tree, ManifestFormat::docker);
  CHECK(docker.root().json != tree.root().json);
  CHECK(in_format(docker, ManifestFormat::oci).root().json == tree.root().json);
}

TEST_CASE("zstd and foreign layers have words in both formats (#19)") {
  const std::string docker = "application/vnd.docker.image.rootfs.";
  const std::string oci = "application/vnd.oci.image.layer.";
  for (const auto& [dockers, ocis] : std::vector<std::pair<std::string, std::string>>{
           {"diff.tar.zstd", "v1.tar+zstd"},
           {"foreign.diff.tar", "nondistributable.v1.tar"},
           {"foreign.diff.tar.gzip", "nondistributable.v1.tar+gzip"},
           {"foreign.diff.tar.zstd", "nondistributable.v1.tar+zstd"}}) {
    CHECK(oci::in_ocis_words(docker + dockers) == oci + ocis);
    CHECK(oci::in_dockers_words(oci + ocis) == docker + dockers);
  }
  Setting all;
  StoredImage image = stored_image({"one"});
  auto manifest = *oci::Manifest::from_json(image.json);
  manifest.layers[0].media_type = oci::media_type::layer_zstd;
  image.json = manifest.to_json();
  all.source->add(image);
  all.copy({.tags = {"v1"}, .format = ManifestFormat::docker});
  const auto made = oci::Manifest::from_json(all.store.manifests.at(all.store.tags.at("v1")));
  CHECK(made->layers[0].media_type == docker + "diff.tar.zstd");
}

TEST_CASE("what is in the format that is asked for keeps its bytes (#19)") {
  Setting all;
  StoredImage image = stored_image({"one"});
  image.json = " " + image.json + "\n";
  image.manifest = describe(oci::media_type::manifest, image.json);
  all.source->add(image);
  oci::Index index = index_of({{image, "linux/amd64"}});
  for (const bool is_index : {false, true}) {
    if (is_index) all.source->add_index(index);
    const std::string before = all.source->top;
    all.copy({.tags = {"v1"}, .format = ManifestFormat::oci});
    CHECK(all.store.manifests.at(all.store.tags.at("v1")) == before);
  }
}

/// An index that lists an attestation before the image that it is about.
struct Attested : Setting {
  Attested() {
    auto attestation = *oci::Manifest::from_json(about.json);
    attestation.more = oci::with_subject(R"({"artifactType":"x/y","subject":{}})", image.manifest);
    about.json = attestation.to_json();
    about.manifest = describe(oci::media_type::manifest, about.json);
    source->add(image);
    source->add(about);
    oci::Index index = index_of({{about, "unknown/unknown"}, {image, "linux/amd64"}});
    index.manifests[0].annotations["vnd.docker.reference.digest"] = image.manifest.digest.str();
    source->add_index(index);
  }
  StoredImage image = stored_image({"one"});
  StoredImage about = stored_image({"about"}, "unknown");
};

TEST_CASE("subjects are written before what refers to them (#19)") {
  Attested all;
  const ImageTree tree = read_tree(*all.source, all.source->root({}), {});
  REQUIRE(tree.manifests.size() == 3);
  CHECK(tree.manifests[0].descriptor.digest == all.image.manifest.digest);
  CHECK(tree.manifests[1].descriptor.digest == all.about.manifest.digest);
  CHECK(tree.root().json == all.source->top);
}

TEST_CASE("a subject that gets another digest in another format is followed there (#19)") {
  Attested all;
  const ImageTree tree = read_tree(*all.source, all.source->root({}), {});
  const ImageTree docker = in_format(tree, ManifestFormat::docker);
  const oci::Digest image = docker.manifests[0].descriptor.digest;
  CHECK(image != all.image.manifest.digest);
  CHECK(oci::subject_of(docker.manifests[1].json) == image);
  const auto index = oci::Index::from_json(docker.root().json);
  CHECK(index->manifests[0].annotations.at("vnd.docker.reference.digest") == image.str());
  CHECK(in_format(docker, ManifestFormat::oci).root().json == tree.root().json);
}

TEST_CASE("a platform is found in the indexes of an index, and the error lists theirs (#19)") {
  TwoPlatforms all;
  const auto inner = *oci::RawManifest::parse(all.source->top);
  all.source->add_index({.manifests = {inner.descriptor}});
  CHECK(manifest_for(*all.source, *oci::Platform::parse("linux/arm64"), {}).descriptor.digest ==
        all.arm64.manifest.digest);
  CHECK_FAILS(manifest_for(*all.source, *oci::Platform::parse("linux/riscv64"), {}),
              ErrorKind::input, "linux/amd64, linux/arm64/v8");
}

TEST_CASE("an index that names itself in a circle of indexes or too many manifests is refused") {
  Setting all;
  const StoredImage image = stored_image({"one"});
  all.source->add(image);
  oci::Index deep = index_of({{image, "linux/amd64"}});
  for (int depth = 0; depth < 5; ++depth) {
    all.source->add_index(deep);
    deep.manifests = {describe(oci::media_type::index, all.source->top)};
  }
  CHECK_FAILS(all.copy({.tags = {"v1"}}), ErrorKind::input, "indexes nested more than 4 deep");
  oci::Index wide;
  wide.manifests.assign(1001, image.manifest);
  all.source->add_index(wide);
  CHECK_FAILS(all.copy({.tags = {"v1"}}), ErrorKind::input,
              "an index of 1001 manifests; at most 1000 are copied");
}

TEST_CASE("layers that are not to be distributed are named but not copied") {
  Setting all;
  StoredImage image = stored_image({"base from Microsoft", "mine"});
  auto manifest = *oci::Manifest::from_json(image.json);
  manifest.layers[0].media_type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
  image.json = manifest.to_json();
  const ImageTree tree = [&] {
    all.source->add(image);
    return read_tree(*all.source, all.source->root({}), {});
  }();
  CHECK(tree.blobs.size() == 2);
  CHECK(tree.root().json == image.json);
  all.store.blobs[manifest.layers[0].digest] = "not asked for by registries";
  all.copy({.tags = {"v1"}});
  CHECK(all.progress.notes().size() == 1);
}

}  // namespace copy_test
