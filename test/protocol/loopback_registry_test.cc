/// The registry that an engine pulls from during a load.

#include "serve/loopback_registry.h"

#include <doctest/doctest.h>

#include <condition_variable>

#include "base/error.h"
#include "base/text.h"
#include "test/support/layered_image.h"
#include "test/support/transports.h"

namespace loopback_registry_test {

using namespace n2c;
using namespace n2c::test;

namespace {

/// A store path that is no more what it was.
class ChangedSource final : public ByteSource {
 public:
  std::unique_ptr<Reader> open(std::uint64_t) const override {
    throw Error(ErrorKind::integrity, "layer 2 is not what it was");
  }
};

ManifestBlobs blobs_of(const Image& image) {
  std::vector<Blob> layers;
  for (const Layer& layer : image.layers) layers.push_back(layer.blob);
  return manifest_blobs(image, layers);
}

http::Response fetch(const LoopbackRegistry& registry, const oci::Digest& blob) {
  const std::string place = registry.repository();
  const std::size_t slash = place.find('/');
  const auto url = url_of(
      cat("http://", place.substr(0, slash), "/v2", place.substr(slash), "/blobs/", blob.str()));
  return test_transport()->send({.url = url}, {});
}

/// An engine that tries again and again: until it is asked to stop, or ten seconds.
bool is_stopped(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock hold(mutex);
  return !changed.wait_for(hold, stop, std::chrono::seconds(10), [] { return false; }) &&
         stop.stop_requested();
}

}  // namespace

TEST_CASE(
    "a layer that cannot be read ends the engine's pull at once, with what is wrong with it") {
  Image image = layered_image({"first", "second"});
  image.layers[1].blob.bytes = std::make_shared<ChangedSource>();
  const ManifestBlobs blobs = blobs_of(image);
  const LoopbackRegistry registry(blobs);
  bool stopped = false;
  const auto pull = [&](std::stop_token stop) {
    CHECK(fetch(registry, image.layers[0].diff_id).body == "first");
    CHECK(fetch(registry, image.layers[1].diff_id).status == 500);
    stopped = is_stopped(stop);
    throw Error(ErrorKind::registry, "unexpected EOF");  // all that an engine knows
  };
  CHECK_THROWS_WITH_AS(registry.serve({}, pull), "layer 2 is not what it was", Error);
  CHECK(stopped);
}

TEST_CASE("what an engine says of a pull is what is said where all layers could be read") {
  const Image image = layered_image({"first"});
  const ManifestBlobs blobs = blobs_of(image);
  const LoopbackRegistry registry(blobs);
  const auto pull = [&](std::stop_token) { throw Error(ErrorKind::registry, "no space left"); };
  CHECK_THROWS_WITH_AS(registry.serve({}, pull), "no space left", Error);
}

}  // namespace loopback_registry_test
