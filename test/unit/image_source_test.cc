#include "transfer/image_source.h"

#include <doctest/doctest.h>

#include "base/file.h"
#include "base/text.h"
#include "layout/dir_store.h"
#include "test/support/check_fails.h"
#include "test/support/stored_images.h"

namespace image_source_test {

using namespace n2c;
using namespace n2c::test;

namespace {

/// A manifest whose blobs are nowhere: what it is has to be told without them.
std::string manifest_of(std::string_view config, std::string_view layer,
                        std::string_view more = "") {
  const oci::Manifest manifest{.config = describe(config, "{}"),
                               .layers = {describe(layer, "content")}};
  std::string json = manifest.to_json();
  return json.insert(1, more);
}

void check_named(const std::string& json, std::string_view words) {
  const TemporaryFolder folder;
  write_file(folder.path() / "version", "Directory Transport Version: 1.1\n");
  write_file(folder.path() / "manifest.json", json);
  const auto source = std::make_shared<DirSource>(folder.path());
  CHECK_FAILS(image_of(source, source->root({}), {}), ErrorKind::input,
              cat(": not an image but ", words));
}

}  // namespace

TEST_CASE("another kind of artifact where an image is needed is named as what it is") {
  constexpr std::string_view empty = "application/vnd.oci.empty.v1+json";
  constexpr std::string_view tar = oci::media_type::layer_gzip;
  check_named(manifest_of("application/vnd.cncf.helm.config.v1+json",
                          "application/vnd.cncf.helm.chart.content.v1.tar+gzip"),
              "a Helm chart (application/vnd.cncf.helm.config.v1+json)");
  check_named(manifest_of("application/vnd.wasm.config.v0+json", "application/wasm"),
              "a WebAssembly module (application/vnd.wasm.config.v0+json)");
  check_named(manifest_of(oci::media_type::config, "application/vnd.in-toto+json"),
              "an attestation (application/vnd.in-toto+json)");
  check_named(manifest_of(oci::media_type::config, "application/vnd.wasm.content.layer.v1+wasm"),
              "a WebAssembly module (application/vnd.wasm.content.layer.v1+wasm)");
  check_named(manifest_of(oci::media_type::docker_config, "application/vnd.ollama.image.model"),
              "a model (application/vnd.ollama.image.model)");
  check_named(manifest_of(empty, tar, R"("artifactType":"application/vnd.acme.rocket+json",)"),
              "another kind of artifact (application/vnd.acme.rocket+json)");
  check_named(manifest_of(empty, tar), cat("another kind of artifact (", empty, ")"));
}

TEST_CASE("an image with layers of unusual words, or an artifactType, stays an image") {
  for (const std::string_view layer :
       {oci::media_type::layer_zstd, oci::media_type::docker_layer_gzip,
        std::string_view("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
        std::string_view("application/vnd.oci.image.layer.nondistributable.v1.tar"),
        std::string_view("application/octet-stream")}) {
    StoredImage image = stored_image({"layer"});
    image.parts[1].media_type = layer;
    const oci::Manifest manifest{.config = image.parts[0], .layers = {image.parts[1]}};
    image.json = manifest.to_json().insert(1, R"("artifactType":"application/vnd.acme.app",)");
    image.manifest = describe(oci::media_type::manifest, image.json);
    const TemporaryFolder folder;
    DirStore store(folder.path());
    put_image(store, image, {});
    const auto source = std::make_shared<DirSource>(folder.path());
    CHECK(image_of(source, source->root({}), {}).layers.size() == 1);
  }
}

namespace {

/// A registry that holds no foreign layers, which it says when a blob is read for the first time.
class WithoutForeignLayers final : public ImageSource {
 public:
  explicit WithoutForeignLayers(StoredImage image) : image_(std::move(image)) {}
  std::string str() const override { return "a registry"; }
  oci::RawManifest root(std::stop_token) override { return {image_.manifest, image_.json}; }
  oci::RawManifest manifest(const oci::Descriptor&, std::stop_token stop) override {
    return root(std::move(stop));
  }
  std::unique_ptr<Reader> open_blob(const oci::Descriptor& blob, std::stop_token) override {
    if (!oci::is_foreign_layer(blob.media_type)) {
      return MemorySource(image_.blobs.at(blob.digest)).open();
    }
    class Refusing final : public Reader {
      std::size_t read(ByteSpan) override {
        throw Error(ErrorKind::registry, "404 BLOB_UNKNOWN", "it may be private");
      }
    };
    return std::make_unique<Refusing>();
  }

 private:
  StoredImage image_;
};

}  // namespace

TEST_CASE("a foreign layer that a registry refuses when it is read is said to be one (#19)") {
  StoredImage image = stored_image({"layer"});
  oci::Manifest manifest = *oci::Manifest::from_json(image.json);
  manifest.layers[0].media_type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
  image.json = manifest.to_json();
  image.manifest = describe(oci::media_type::manifest, image.json);
  const auto source = std::make_shared<WithoutForeignLayers>(image);
  const Image read = image_of(source, source->root({}), {});
  CHECK_FAILS(read_all(*read.layers[0].blob.bytes->open(), 100), ErrorKind::registry,
              "404 BLOB_UNKNOWN: layer");
  CHECK_FAILS(read_all(*read.layers[0].blob.bytes->open(), 100), ErrorKind::registry,
              "is a foreign one (nondistributable), whose bytes are not kept here");
}

}  // namespace image_source_test
