#include "transfer/index.h"

#include <doctest/doctest.h>

#include <atomic>

#include "base/error.h"
#include "test/support/check_fails.h"
#include "test/support/memory_place.h"
#include "test/support/silent_progress.h"

namespace index_test {

using namespace n2c;
using namespace n2c::test;

namespace {

IndexPart stored_part(const StoredImage& image, std::optional<oci::Platform> platform = {}) {
  auto source = std::make_shared<MemoryImages>();
  source->add(image);
  return {"stored", std::move(source), std::move(platform)};
}

IndexPart described_part(const std::string& architecture, const std::string& layer) {
  const oci::Digest diff_id = oci::Digest::of(layer);
  const oci::Platform platform{.architecture = architecture};
  const oci::Config config{.platform = platform, .diff_ids = {diff_id}};
  Image image{.config_json = config.to_json(), .platform = platform};
  image.layers.push_back({.diff_id = diff_id,
                          .blob = {describe(oci::media_type::layer_tar, layer),
                                   std::make_shared<MemorySource>(layer)}});
  return {architecture + ".json", std::move(image)};
}

const IndexOptions plain{.push = {.tags = {"v1"}, .compression = {.codec = Codec::none}}};

oci::Index written(const MemoryBlobStore& store, const std::string& tag) {
  return or_throw(oci::Index::from_json(store.manifests.at(store.tags.at(tag))),
                  ErrorKind::internal, tag);
}

}  // namespace

TEST_CASE("an index lists each image with the platform its config says") {
  MemoryBlobStore store;
  SilentProgress progress;
  const StoredImage arm64 = stored_image({"shared layer"}, "arm64");
  const IndexReport report = push_index(
      {described_part("amd64", "shared layer"), stored_part(arm64)}, store, plain, progress, {});
  const oci::Index index = written(store, "v1");
  REQUIRE(index.manifests.size() == 2);
  CHECK(index.media_type == oci::media_type::index);
  CHECK(index.manifests[0].platform->str() == "linux/amd64");
  CHECK(index.manifests[1].platform->str() == "linux/arm64");
  CHECK(index.manifests[1].digest == arm64.manifest.digest);
  CHECK(store.tags.at("v1") == report.index.digest);
  CHECK(store.tags.size() == 1);  // the images are there by digest alone
}

TEST_CASE("a blob that images of an index share is sent once") {
  MemoryBlobStore store;
  SilentProgress progress;
  push_index({described_part("amd64", "shared"), described_part("arm64", "shared")}, store, plain,
             progress, {});
  CHECK(store.puts.size() == 3);  // the layer and two configs
}

TEST_CASE("a layer that images of an index share is compressed once, wherever they go") {
  struct CountedSource final : ByteSource {
    std::unique_ptr<Reader> open(std::uint64_t offset) const override {
      ++opened;
      return bytes.open(offset);
    }
    MemorySource bytes{"shared"};
    mutable std::atomic<int> opened = 0;
  };
  const auto source = std::make_shared<CountedSource>();
  std::vector<IndexPart> parts{described_part("amd64", "shared"),
                               described_part("arm64", "shared")};
  for (IndexPart& part : parts) std::get<Image>(part.source).layers[0].blob.bytes = source;
  MemoryBlobStore store;
  SilentProgress progress;
  const IndexReport report = push_index(parts, store, {.push = {.tags = {"v1"}}}, progress, {});
  CHECK(source->opened == 1);
  CHECK(report.compressed_forms.size() == 1);
}

TEST_CASE("a form that is one image's layer is not believed to be another image's too") {
  MemoryBlobStore store;
  SilentProgress progress;
  IndexOptions options{.push = {.tags = {"v1"}}};
  const auto amd64 = described_part("amd64", "one"), arm64 = described_part("arm64", "two");
  const auto first = push_index({amd64}, store, options, progress, {});
  const oci::Descriptor& form = first.compressed_forms.at(0).second;
  RepositoryState state;
  for (const char* layer : {"one", "two"}) {
    state.forms.add(oci::Digest::of(layer), {form, "the cache"});
  }
  const auto report = push_index({amd64, arm64}, store, options, progress, {}, state);
  REQUIRE(report.compressed_forms.size() == 2);
  CHECK(report.compressed_forms[0].second == form);
  CHECK(report.compressed_forms[1].second != form);
}

TEST_CASE("an index is not written to tags that hold it, nor are images that are held") {
  MemoryBlobStore store;
  SilentProgress progress;
  const std::vector<IndexPart> parts{described_part("amd64", "one"),
                                     stored_part(stored_image({"two"}, "arm64"))};
  const auto first = push_index(parts, store, plain, progress, {});
  const RepositoryState state{.tags = {{"v1", first.index.digest}},
                              .manifests = {first.manifests[0].digest, first.manifests[1].digest}};
  MemoryBlobStore empty;  // so that whatever is asked for or written shows
  const auto second = push_index(parts, empty, plain, progress, {}, state);
  CHECK(second.nothing_written);
  CHECK(second.index == first.index);
  CHECK(second.present == 3);  // and all that is in it is
  CHECK(empty.puts.empty());
  CHECK(empty.manifests.empty());
}

TEST_CASE("an image that was held to be there and is not is pushed when the index is refused") {
  MemoryBlobStore store;
  SilentProgress progress;
  const std::vector<IndexPart> parts{described_part("amd64", "one"),
                                     stored_part(stored_image({"two"}, "arm64"))};
  MemoryBlobStore other;
  RepositoryState state;
  for (const auto& image : push_index(parts, other, plain, progress, {}).manifests) {
    state.manifests.insert(image.digest);
  }
  push_index(parts, store, plain, progress, {}, state);
  CHECK(written(store, "v1").manifests.size() == 2);
  CHECK(
      progress.notes() ==
      std::vector<std::string>{"the destination lacks 2 images that it was to have: pushing them"});
}

TEST_CASE("each manifest of a stored index is read once when an index is made of it (#22)") {
  const StoredImage one = stored_image({"one"}, "amd64");
  const StoredImage two = stored_image({"two"}, "arm64");
  const auto source = std::make_shared<MemoryImages>();
  source->add(one);
  source->add(two);
  oci::Index index;
  index.manifests = {one.manifest, two.manifest};
  source->add_index(index);
  MemoryBlobStore store;
  SilentProgress progress;
  const std::vector<IndexPart> parts{{.name = "stored", .source = source}};
  push_entries(read_parts(parts, {}), store, {.push = {.tags = {"v1"}}}, progress, {});
  CHECK(store.manifests.contains(two.manifest.digest));
  CHECK(source->manifests_read == 2);
}

TEST_CASE("what an index is going to be is known when all its images' layers are") {
  MemoryBlobStore store;
  SilentProgress progress;
  const std::vector<IndexPart> parts{described_part("amd64", "one"),
                                     stored_part(stored_image({"two"}, "arm64"))};
  const auto entries = read_parts(parts, {});
  IndexOptions options{.push = {.tags = {"v1"}}};
  KnownForms forms;
  const auto before = expected_manifests(entries, options, forms);
  CHECK_FALSE(before.root);
  CHECK(before.all.size() == 1);  // the stored one
  const auto report = push_entries(entries, store, options, progress, {});
  for (const auto& [diff_id, form] : report.compressed_forms) {
    forms.add(diff_id, {form, "the cache"});
  }
  CHECK(expected_manifests(entries, options, forms).root == report.index.digest);
  options.annotations = {{"another", "index"}};
  CHECK(expected_manifests(entries, options, forms).root != report.index.digest);
}

TEST_CASE("a platform can be said for an image, and then counts instead of its config's") {
  MemoryBlobStore store;
  SilentProgress progress;
  push_index({stored_part(stored_image({"v6"}, "arm"), oci::Platform{"linux", "arm", "v6"}),
              stored_part(stored_image({"v7"}, "arm"), oci::Platform{"linux", "arm", "v7"})},
             store, plain, progress, {});
  const oci::Index index = written(store, "v1");
  CHECK(index.manifests[0].platform->str() == "linux/arm/v6");
  CHECK(index.manifests[1].platform->str() == "linux/arm/v7");
}

TEST_CASE(
    "two images for one platform, or one that does not say, are refused and nothing is sent") {
  MemoryBlobStore store;
  SilentProgress progress;
  CHECK_THROWS_WITH_AS(push_index({described_part("amd64", "one"), described_part("amd64", "two")},
                                  store, plain, progress, {}),
                       "amd64.json: a second image for linux/amd64", Error);
  CHECK_FAILS(push_index({described_part("", "one")}, store, plain, progress, {}), ErrorKind::input,
              "does not say which platform it is for");
  CHECK_FAILS(
      push_index(
          {stored_part(stored_image({"one"}, "arm64"), oci::Platform{"linux", "arm64"}),
           stored_part(stored_image({"two"}, "arm64"), oci::Platform{"linux", "arm64", "v8"})},
          store, plain, progress, {}),
      ErrorKind::input, "a second image for linux/arm64/v8");
  CHECK(store.puts.empty());
  CHECK(store.tags.empty());
}

TEST_CASE(
    "an image is written before an attestation that is about it, and the index keeps its order "
    "(#19)") {
  const StoredImage image = stored_image({"one"}, "amd64");
  StoredImage about = stored_image({"about"}, "unknown");
  auto attestation = *oci::Manifest::from_json(about.json);
  attestation.more = oci::with_subject(R"({"subject":{}})", image.manifest);
  about.json = attestation.to_json();
  about.manifest = describe(oci::media_type::manifest, about.json);
  auto source = std::make_shared<MemoryImages>();
  source->add(image);
  source->add(about);
  oci::Index inner{.manifests = {about.manifest, image.manifest}};
  inner.manifests[0].platform = oci::Platform{"unknown", "unknown"};
  inner.manifests[0].more = R"({"artifactType":"x/y"})";
  inner.manifests[1].platform =
      oci::Platform{.architecture = "amd64", .more = R"({"os.version":"1"})"};
  source->add_index(inner);
  MemoryBlobStore store;
  SilentProgress progress;
  push_index({{"old index", source}}, store, plain, progress, {});
  CHECK(store.order ==
        std::vector{image.manifest.digest, about.manifest.digest, store.tags.at("v1")});
  CHECK(written(store, "v1").manifests == inner.manifests);
}

TEST_CASE("an index among the parts gives its images, not itself") {
  auto source = std::make_shared<MemoryImages>();
  const StoredImage amd64 = stored_image({"one"}, "amd64");
  source->add(amd64);
  oci::Index inner{.manifests = {amd64.manifest}};
  inner.manifests[0].platform = oci::Platform{.architecture = "amd64"};
  source->add_index(inner);
  MemoryBlobStore store;
  SilentProgress progress;
  push_index({{"old index", source}, described_part("arm64", "two")}, store, plain, progress, {});
  const oci::Index index = written(store, "v1");
  REQUIRE(index.manifests.size() == 2);
  CHECK(index.manifests[0].digest == amd64.manifest.digest);
}

TEST_CASE("annotations go to the index and to the descriptors in it") {
  MemoryBlobStore store;
  SilentProgress progress;
  IndexOptions options = plain;
  options.annotations = {{"org.opencontainers.image.version", "1"}};
  options.descriptor_annotations = {{"of", "descriptor"}};
  push_index({described_part("amd64", "one")}, store, options, progress, {});
  const oci::Index index = written(store, "v1");
  CHECK(index.annotations == options.annotations);
  CHECK(index.manifests[0].annotations == options.descriptor_annotations);
}

TEST_CASE("an image keeps its own annotations on its manifest, where the index has others") {
  MemoryBlobStore store;
  SilentProgress progress;
  IndexOptions options = plain;
  options.push.annotations = {{"b", "said at the push"}};
  IndexPart part = described_part("amd64", "one");
  std::get<Image>(part.source).annotations = {{"a", "described"}, {"b", "described"}};
  const IndexReport report = push_index({part}, store, options, progress, {});
  const auto manifest = oci::Manifest::from_json(store.manifests.at(report.manifests[0].digest));
  CHECK(manifest->annotations == oci::Annotations{{"a", "described"}, {"b", "said at the push"}});
  CHECK(written(store, "v1").annotations.empty());
}

TEST_CASE("what a stored index says of its images is said in the new one too") {
  auto source = std::make_shared<MemoryImages>();
  const StoredImage image = stored_image({"one"}, "amd64");
  const StoredImage proof = stored_image({"two"}, "unknown");
  source->add(image);
  source->add(proof);
  oci::Index inner{.manifests = {image.manifest, proof.manifest}};
  inner.manifests[0].platform = oci::Platform{.architecture = "amd64"};
  inner.manifests[1].platform = oci::Platform{"unknown", "unknown", ""};
  // How buildkit ties an attestation to its image.
  inner.manifests[1].annotations = {{"vnd.docker.reference.digest", image.manifest.digest.str()},
                                    {"of", "the old index"}};
  source->add_index(inner);
  MemoryBlobStore store;
  SilentProgress progress;
  IndexOptions options = plain;
  options.descriptor_annotations = {{"of", "descriptor"}};
  push_index({{"old index", source}}, store, options, progress, {});
  const oci::Index index = written(store, "v1");
  CHECK(index.manifests[0].annotations == options.descriptor_annotations);
  CHECK(index.manifests[1].annotations ==
        oci::Annotations{{"of", "descriptor"},
                         {"vnd.docker.reference.digest", image.manifest.digest.str()}});
}

TEST_CASE("a registry that refuses OCI indexes gets a manifest list") {
  MemoryBlobStore store;
  store.refused = {std::string(oci::media_type::manifest), std::string(oci::media_type::index)};
  SilentProgress progress;
  push_index({described_part("amd64", "one")}, store, plain, progress, {});
  CHECK(written(store, "v1").media_type == oci::media_type::docker_index);
  CHECK(written(store, "v1").manifests[0].media_type == oci::media_type::docker_manifest);
}

TEST_CASE("a part is a source, with its platform before it where one is said") {
  CHECK_FALSE(IndexArgument::parse("./a.json").platform);
  CHECK_FALSE(IndexArgument::parse("./a=b.json").platform);
  CHECK_FALSE(IndexArgument::parse("host/app:1").platform);
  const auto said = IndexArgument::parse("linux/arm/v7=./a=b.json");
  CHECK(said.platform->str() == "linux/arm/v7");
  CHECK(said.source == "./a=b.json");
}

}  // namespace index_test
