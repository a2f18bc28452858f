#include "registry/client/warnings.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "test/support/host_scene.h"

namespace warnings_test {

using namespace n2c;
using test::HostScene;

namespace {

const oci::Descriptor blob{.media_type = "t", .digest = oci::Digest::of("x"), .size = 1};

http::Response warning(std::string_view words) {
  return {.status = 200, .headers = {{"Warning", cat("299 - \"", words, "\"")}}};
}

}  // namespace

TEST_CASE("a registry's warning is passed on once") {
  HostScene scene;
  scene.transport.always("HEAD", "", warning("going away soon"));
  scene.client->has_blob(blob, {});
  scene.client->has_blob(blob, {});
  CHECK(scene.noted() == std::vector<std::string>{"r.example says: going away soon"});
}

TEST_CASE("of warnings that differ in every reply twenty are passed on (#23)") {
  HostScene scene;
  for (int i = 0; i < 30; ++i) {
    scene.transport.when("HEAD", "", warning(cat("number ", i)));
    scene.client->has_blob(blob, {});
  }
  REQUIRE(scene.noted().size() == 21);
  CHECK(scene.noted().back() == "r.example says more than that, which is not shown");
}

}  // namespace warnings_test
