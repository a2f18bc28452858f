/// Stores that said they have what they lack: the manifest's refusal says so.

#include <doctest/doctest.h>

#include "base/error.h"
#include "test/support/check_fails.h"
#include "test/support/layered_image.h"
#include "test/support/memory_place.h"
#include "test/support/silent_progress.h"
#include "transfer/copy.h"
#include "transfer/index.h"
#include "transfer/push.h"

namespace healing_test {

using namespace n2c;
using namespace n2c::test;

namespace {

struct Liar {
  explicit Liar(bool names_one) {
    store.claims_all = true;
    store.names_one = names_one;
  }
  MemoryBlobStore store;
  SilentProgress progress;
};

/// The digest of what nobody pushes: another one each time.
oci::Digest strange_digest() {
  static int count = 0;
  return oci::Digest::of(cat("strange ", ++count));
}

/// The repository's manifests told of the image's compressed forms, and its storage lost the bytes.
void check_healed(const Image& image, bool names_one, Codec codec) {
  Liar all(names_one);
  RepositoryState state;
  MemoryBlobStore before;
  const PushOptions options{.tags = {"v1"}, .compression = {.codec = codec}};
  const PushReport first = push_to_store(image, before, options, all.progress, {});
  for (const auto& [diff_id, form] : compressed_forms(image, first)) {
    state.forms.add(diff_id, {form, "the repository"});
  }
  push_to_store(image, all.store, options, all.progress, {}, state);
  CHECK(all.store.tags.at("v1") == first.manifest->digest);
  const std::size_t blobs = image.layers.size() + 1;
  CHECK(all.store.blobs.size() == blobs);
  CHECK(all.progress.notes().size() == (names_one ? blobs : 1));
}

}  // namespace

TEST_CASE(
    "blobs that a manifest's refusal names are sent, though only one is named at a time (#19)") {
  const Image image = layered_image({"one", "two", "three"});
  for (const bool names_one : {false, true}) {
    for (const Codec codec : {Codec::none, Codec::gzip, Codec::zstd}) {
      check_healed(image, names_one, codec);
    }
  }
}

TEST_CASE("a layer that is too large to be compressed before it is sent is healed as well (#19)") {
  std::string large;
  for (int i = 0; large.size() < 10U << 20; ++i) large += oci::Digest::of(std::to_string(i)).hex();
  const Image image = layered_image({"one", large});
  for (const Codec codec : {Codec::gzip, Codec::zstd}) check_healed(image, true, codec);
}

TEST_CASE("a copy sends what is named, though only one is named at a time (#19)") {
  for (const bool names_one : {false, true}) {
    Liar all(names_one);
    const auto source = std::make_shared<MemoryImages>();
    source->add(stored_image({"one", "two", "three"}));
    copy_to_store(source, all.store, {.tags = {"v1"}}, all.progress, {});
    CHECK(all.store.blobs.size() == 4);
    CHECK(all.store.tags.contains("v1"));
  }
}

TEST_CASE("an index's images are put again, though only one is named at a time (#19)") {
  MemoryBlobStore other;
  Liar all(true);
  all.store.claims_all = false;
  std::vector<IndexPart> parts;
  for (const char* architecture : {"amd64", "arm64", "riscv64"}) {
    const auto source = std::make_shared<MemoryImages>();
    source->add(stored_image({architecture}, architecture));
    parts.push_back({architecture, source});
  }
  const IndexOptions options{.push = {.tags = {"v1"}}};
  RepositoryState state;
  for (const auto& image : push_index(parts, other, options, all.progress, {}).manifests) {
    state.manifests.insert(image.digest);
  }
  push_index(parts, all.store, options, all.progress, {}, state);
  CHECK(all.store.manifests.size() == 4);
  CHECK(all.progress.notes().size() == 3);
}

TEST_CASE("a store that names what is not pushed, or the same again, is told so and left (#19)") {
  const Image image = layered_image({"one"});
  Liar all(false);
  const PushOptions options{.tags = {"v1"}, .compression = {.codec = Codec::none}};
  all.store.always_lacks = strange_digest;
  CHECK_FAILS(push_to_store(image, all.store, options, all.progress, {}), ErrorKind::registry,
              "which is not part of what is written");
  const oci::Digest one = oci::Digest::of("one");
  all.store.always_lacks = [&] { return one; };
  CHECK_FAILS(push_to_store(image, all.store, options, all.progress, {}), ErrorKind::registry,
              "still says that it lacks " + one.str());
  all.store.always_lacks = strange_digest;
  CHECK_FAILS(push_index({{"one", image, *oci::Platform::parse("linux/amd64")}}, all.store,
                         {.push = options}, all.progress, {}),
              ErrorKind::registry, "lacks");
}

}  // namespace healing_test
