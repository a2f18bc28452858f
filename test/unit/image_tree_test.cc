#include "transfer/image_tree.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "test/support/check_fails.h"
#include "test/support/memory_place.h"
#include "transfer/copy.h"

namespace image_tree_test {

using namespace n2c;
using namespace n2c::test;

namespace {

oci::Index index_of(const StoredImage& image, std::size_t times) {
  oci::Index index;
  index.manifests.assign(times, image.manifest);
  for (oci::Descriptor& one : index.manifests) one.platform = *oci::Platform::parse("linux/amd64");
  return index;
}

}  // namespace

TEST_CASE("a child that an index lists a thousand times is read once (#23)") {
  for (const bool tells : {false, true}) {
    CAPTURE(tells);
    MemoryImages source;
    const StoredImage image = stored_image({"one"});
    source.add(image);
    source.tells = tells;
    source.add_index(index_of(image, 1000));
    CHECK(choose_tree(source, {}, {}).manifests.size() == 2);
    CHECK(source.manifests_read == (tells ? 2 : 1));  // looked for, and copied
  }
}

TEST_CASE("an index that lists one of its indexes a thousand times reads it once (#23)") {
  MemoryImages source;
  const StoredImage image = stored_image({"one"});
  source.add(image);
  source.add_index(index_of(image, 1));
  oci::Index index;
  index.manifests.assign(1000, describe(oci::media_type::index, source.top));
  source.add_index(index);
  CHECK(manifest_for(source, *oci::Platform::parse("linux/amd64"), {}).descriptor.digest ==
        image.manifest.digest);
  CHECK(source.manifests_read == 2);
}

TEST_CASE("with --format a manifest whose media type is none is the input's error (#23)") {
  MemoryImages source;
  const StoredImage image = stored_image({"one"});
  source.add(image);
  oci::Index index = index_of(image, 1);
  index.manifests[0].media_type = "application/vnd.acme.manifest.v1+json";
  source.add_index(index);
  CHECK_FAILS(choose_tree(source, {.format = ManifestFormat::oci}, {}), ErrorKind::input,
              "not an image manifest or index but \"application/vnd.acme.manifest.v1+json\"");
}

}  // namespace image_tree_test
