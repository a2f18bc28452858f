#include "transfer/push.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "test/support/check_fails.h"
#include "test/support/memory_place.h"
#include "test/support/silent_progress.h"

namespace push_test {

using namespace n2c;
using test::MemoryBlobStore;
namespace mt = oci::media_type;

namespace {

Layer layer_of(const std::string& bytes) {
  const auto digest = oci::Digest::of(bytes);
  return {.diff_id = digest,
          .blob = {{std::string(mt::layer_tar), digest, bytes.size()},
                   std::make_shared<MemorySource>(bytes)}};
}

Image image_of(std::initializer_list<std::string> layers) {
  Image image{.config_json = "{}", .platform = {}, .layers = {}};
  for (const auto& bytes : layers) image.layers.push_back(layer_of(bytes));
  return image;
}

PushOptions plain(std::string tag = "1") {
  return {.tags = {std::move(tag)}, .compression = {.codec = Codec::none}};
}

/// A store that has the layer "a" as a blob, and a push that knows which.
struct KnownBlob {
  const oci::Descriptor form{std::string(mt::layer_gzip), oci::Digest::of("gzip of a"), 9};
  MemoryBlobStore store;
  PushOptions options{.tags = {"1"}, .compression = {.codec = Codec::gzip}};
  RepositoryState known;

  KnownBlob() {
    store.blobs[form.digest] = "gzip of a";
    known.forms.add(oci::Digest::of("a"), {form, "the cache"});
  }
  PushReport push(const Image& image) {
    test::SilentProgress progress;
    return push_to_store(image, store, options, progress, {}, known);
  }
};

}  // namespace

TEST_CASE("a first push sends every layer and the config, then writes the manifest") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  const auto report = push_to_store(image_of({"a", "b"}), store, plain(), progress, {});
  CHECK(report.count(BlobOutcome::sent) == 2);
  CHECK(report.bytes_sent == 4);
  CHECK(store.tags.contains("1"));
}

TEST_CASE("a second push of the same image sends nothing") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  push_to_store(image_of({"a", "b"}), store, plain(), progress, {});
  const auto report = push_to_store(image_of({"a", "b"}), store, plain(), progress, {});
  CHECK(report.count(BlobOutcome::present) == 2);
  CHECK(report.bytes_sent == 0);
}

TEST_CASE("the same layer twice in an image is sent once and named twice") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  const auto report = push_to_store(image_of({"a", "a"}), store, plain(), progress, {});
  CHECK(report.count(BlobOutcome::sent) == 1);
  const std::string json = store.manifests.at(store.tags.at("1"));
  CHECK(oci::Manifest::from_json(json)->layers.size() == 2);
}

TEST_CASE("when the tag holds the very manifest, nothing is asked and nothing is written") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  const auto first = push_to_store(image_of({"a"}), store, plain(), progress, {});
  store.questions = store.manifest_writes = 0;
  auto options = plain();
  const RepositoryState state{.tags = {{"1", first.manifest->digest}}};
  const auto report = push_to_store(image_of({"a"}), store, options, progress, {}, state);
  CHECK(report.nothing_written);
  CHECK(report.count(BlobOutcome::present) == 1);
  CHECK(store.questions + store.manifest_writes == 0);
}

TEST_CASE("a push that only adds a tag writes one manifest and asks nothing") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  const auto first = push_to_store(image_of({"a"}), store, plain("1"), progress, {});
  store.questions = store.manifest_writes = 0;
  auto options = plain("2");
  const RepositoryState state{.tags = {{"1", first.manifest->digest}}};
  push_to_store(image_of({"a"}), store, options, progress, {}, state);
  CHECK(store.questions == 0);
  CHECK(store.manifest_writes == 1);
}

TEST_CASE("an image that the store is known to hold is not asked for, and only tagged") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  const auto first = push_to_store(image_of({"a"}), store, plain("1"), progress, {});
  store.questions = store.manifest_writes = 0;
  auto options = plain("2");
  const RepositoryState state{.manifests = {first.manifest->digest}};
  push_to_store(image_of({"a"}), store, options, progress, {}, state);
  CHECK(store.questions == 0);
  CHECK(store.manifest_writes == 1);
}

TEST_CASE("a blob that was said to be there and is not gets sent, and the manifest put again") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  store.falsely_claimed.insert(oci::Digest::of("a"));
  const auto report = push_to_store(image_of({"a", "b"}), store, plain(), progress, {});
  CHECK(report.count(BlobOutcome::sent) == 2);
  CHECK(progress.notes().size() == 1);
  CHECK(store.manifest_writes == 1);
}

TEST_CASE("a reference with a digest refuses an image that would have another") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  auto options = plain();
  options.must_be = oci::Digest::of("something else");
  CHECK_FAILS(push_to_store(image_of({"a"}), store, options, progress, {}), ErrorKind::integrity,
              ", and the reference says sha256:");
  CHECK(store.tags.empty());
}

TEST_CASE("a reference with another digest is refused also where the tag holds the image") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  const auto first = push_to_store(image_of({"a"}), store, plain(), progress, {});
  auto options = plain();
  options.must_be = oci::Digest::of("something else");
  const RepositoryState state{.tags = {{"1", first.manifest->digest}}};
  CHECK_FAILS(push_to_store(image_of({"a"}), store, options, progress, {}, state),
              ErrorKind::integrity, ", and the reference says sha256:");
}

TEST_CASE("a registry that refuses OCI manifests gets Docker's format, and it is said") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  store.refused.insert(std::string(mt::manifest));
  push_to_store(image_of({"a"}), store, plain(), progress, {});
  const std::string json = store.manifests.at(store.tags.at("1"));
  const auto manifest = oci::Manifest::from_json(json);
  CHECK(manifest->media_type == mt::docker_manifest);
  CHECK(manifest->layers.front().media_type == mt::docker_layer_tar);
  CHECK(progress.notes().size() == 1);
}

TEST_CASE("a plain layer whose stored form is known and there is not compressed again") {
  KnownBlob known;
  const auto report = known.push(image_of({"a"}));
  CHECK(report.count(BlobOutcome::present) == 1);
  CHECK(report.layers.front().form == known.form);
}

TEST_CASE("a form known of two layers is believed of neither, though the store has the blob") {
  KnownBlob known;
  known.known.forms.add(oci::Digest::of("b"), {known.form, "the cache"});
  const auto report = known.push(image_of({"a", "b"}));
  CHECK(report.count(BlobOutcome::sent) == 2);
  CHECK(report.layers[0].form != report.layers[1].form);
  CHECK(report.layers[0].form != known.form);
  CHECK(report.layers[1].form != known.form);
  CHECK(report.layers[0].why == "known from the cache, as is another layer: not believed");
}

TEST_CASE("a large layer that the store has already is not sent, once it is measured first") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  const std::string large((4 << 20) + 1, 'x');
  PushOptions options{.tags = {"1"}, .compression = {.codec = Codec::gzip}};
  const auto first = push_to_store(image_of({large}), store, options, progress, {});
  CHECK(first.count(BlobOutcome::sent) == 1);
  options.tags = {"2"};
  const RepositoryState state{.probably_has_more = true};
  const auto second = push_to_store(image_of({large}), store, options, progress, {}, state);
  CHECK(second.count(BlobOutcome::present) == 1);
  CHECK(second.bytes_sent == 0);
}

TEST_CASE("a dry run asks and writes nothing") {
  MemoryBlobStore store;
  test::SilentProgress progress;
  auto options = plain();
  options.dry_run = true;
  const auto report = push_to_store(image_of({"a", "b"}), store, options, progress, {});
  CHECK_FALSE(report.layers.front().outcome);
  CHECK(store.puts.empty());
  CHECK(store.manifest_writes == 0);
}

TEST_CASE("the plan says why for each layer") {
  const Image image = image_of({"a"});
  KnownForms none;
  CHECK(plan_layers(image, none, {.codec = Codec::none}).front().why == "sent as plain tar");
  CHECK(plan_layers(image, none, {.codec = Codec::gzip}).front().why == "nothing known to reuse");
  Image stored = image;
  stored.layers.front().blob.descriptor.media_type = mt::layer_zstd;
  const auto plan = plan_layers(stored, none, {.codec = Codec::gzip});
  CHECK(plan.front().why == "stored compressed");
  CHECK_FALSE(plan.front().compress);
}

TEST_CASE("a form that is known of one layer is planned, and another layer says that it is not") {
  const Image image = image_of({"a", "b"});
  const auto layer_a = image.layers.front().diff_id;
  KnownForms known;
  known.add(layer_a, {{std::string(mt::layer_gzip), oci::Digest::of("stored"), 6}, "the cache"});
  const auto plan = plan_layers(image, known, {.codec = Codec::gzip});
  CHECK(plan[0].why == "known from the cache");
  CHECK(plan[1].why == "not in what is known to reuse");
  // A form by another codec is not one of this push.
  CHECK_FALSE(plan_layers(image, known, {.codec = Codec::zstd}).front().form);
  const PushOptions options{.compression = {.codec = Codec::gzip}};
  CHECK_FALSE(expected_manifest(image, options, known));
  CHECK(expected_manifest(image_of({"a"}), options, known));
}

TEST_CASE("a layer that is in the image twice is planned once, at its first place") {
  const auto plan = plan_layers(image_of({"a", "b", "a"}), {}, {.codec = Codec::none});
  REQUIRE(plan.size() == 2);
  CHECK(plan[0].first == 0);
  CHECK(plan[1].first == 1);
}

TEST_CASE("each codec has its media type") {
  CHECK(layer_media_type(Codec::none) == mt::layer_tar);
  CHECK(layer_media_type(Codec::gzip) == mt::layer_gzip);
  CHECK(layer_media_type(Codec::zstd) == mt::layer_zstd);
}

TEST_CASE("zstd layers have no place in Docker's manifest format") {
  const Image image = image_of({"a"});
  auto layer = image.layers.front().blob.descriptor;
  layer.media_type = mt::layer_zstd;
  CHECK_FAILS(make_manifest(image, {layer}, ManifestFormat::docker), ErrorKind::usage,
              "Docker's manifest format has no zstd layers");
}

}  // namespace push_test
