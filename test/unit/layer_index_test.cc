#include "remote/layer_index.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "remote/likely_tags.h"

namespace layer_index_test {

using namespace n2c;
namespace mt = oci::media_type;

namespace {

oci::Descriptor blob_of(const std::string& name, std::string_view media_type = mt::layer_gzip) {
  return {.media_type = std::string(media_type),
          .digest = oci::Digest::of("blob of " + name),
          .size = 1 + name.size()};
}

PairedLayers pairs_of(std::initializer_list<const char*> names) {
  PairedLayers pairs;
  for (const char* name : names) pairs.emplace_back(oci::Digest::of(name), blob_of(name));
  return pairs;
}

LayerIndex index_of(std::initializer_list<const char*> names) {
  LayerIndex index;
  index.add(pairs_of(names));
  return index;
}

/// A manifest with that artifactType and those layers.
oci::RawManifest artifact(std::string_view type, std::vector<oci::Descriptor> layers) {
  oci::Manifest manifest{.config = oci::describe("a/b", "{}"), .layers = std::move(layers)};
  manifest.more = cat(R"({"artifactType":")", type, R"("})");
  return oci::RawManifest::of(mt::manifest, manifest.to_json());
}

}  // namespace

TEST_CASE("a layer index is read as it was written, the newest pairs first") {
  LayerIndex index = index_of({"a", "b"});
  index.add(pairs_of({"c"}));
  const auto read = LayerIndex::from_manifest(index.to_manifest());
  REQUIRE(read);
  CHECK(read->pairs() == pairs_of({"c", "a", "b"}));
  CHECK(read->has(pairs_of({"b", "c"})));
  CHECK_FALSE(read->has(pairs_of({"d"})));
}

TEST_CASE("a layer index names its blobs as layers, so that they are kept") {
  const auto manifest = oci::Manifest::from_json(index_of({"a"}).to_manifest().json);
  REQUIRE(manifest);
  REQUIRE(manifest->layers.size() == 1);
  CHECK(manifest->layers[0].digest == blob_of("a").digest);
  CHECK(manifest->config.media_type == "application/vnd.oci.empty.v1+json");
  CHECK(manifest->more == R"({"artifactType":"application/vnd.n2c.layer-index.v1"})");
}

TEST_CASE("what is new takes the place of what was said of the same layer or blob") {
  LayerIndex index = index_of({"a", "b"});
  index.add({{oci::Digest::of("a"), blob_of("other")}});
  CHECK(index.pairs().size() == 2);
  CHECK(index.pairs()[0].second.digest == blob_of("other").digest);
  index.add({{oci::Digest::of("c"), blob_of("b")}});
  CHECK(index.pairs().size() == 2);
  CHECK_FALSE(index.has(pairs_of({"b"})));
  // Two forms of a layer, of which each push wants its own.
  index.add({{oci::Digest::of("c"), blob_of("zstd c", mt::layer_zstd)}});
  CHECK(index.pairs().size() == 3);
}

TEST_CASE("a layer index has five thousand pairs at most, and fits in a manifest") {
  LayerIndex index;
  for (int part = 0; part < 6; ++part) {
    PairedLayers pairs;
    for (int i = 0; i < 1000; ++i) {
      const std::string name = cat(part, " ", i);
      pairs.emplace_back(oci::Digest::of(name), blob_of(name));
    }
    index.add(pairs);
    CHECK(index.has(pairs));
  }
  CHECK(index.pairs().size() == most_indexed_pairs);
  CHECK_FALSE(index.has({{oci::Digest::of("0 0"), blob_of("0 0")}}));
  CHECK(index.to_manifest().json.size() < oci::max_manifest_bytes);
  index.keep_newest(2);
  CHECK(index.pairs().size() == 2);
}

TEST_CASE("what is no layer index is none, and what is no pair is left out") {
  const auto is_index = [](const oci::RawManifest& manifest) {
    return LayerIndex::from_manifest(manifest).has_value();
  };
  CHECK_FALSE(is_index(artifact("application/vnd.example", {})));
  CHECK_FALSE(is_index(oci::RawManifest::of(mt::manifest, "")));
  CHECK_FALSE(is_index(oci::RawManifest::of(mt::manifest, "[]")));
  CHECK_FALSE(is_index(oci::RawManifest::of(mt::manifest, R"({"artifactType":7})")));
  CHECK_FALSE(is_index(
      oci::RawManifest::of(mt::index, R"({"schemaVersion":2,"manifests":[],"artifactType":"x"})")));
  std::vector<oci::Descriptor> layers{blob_of("no annotation"), blob_of("no digest"),
                                      blob_of("plain", mt::layer_tar), blob_of("good")};
  layers[1].annotations["n2c.diff-id"] = "sha256:short";
  layers[2].annotations["n2c.diff-id"] = oci::Digest::of("plain").str();
  layers[3].annotations["n2c.diff-id"] = oci::Digest::of("good").str();
  const auto read = LayerIndex::from_manifest(artifact(layer_index_type, layers));
  REQUIRE(read);
  CHECK(read->pairs() == pairs_of({"good"}));
}

TEST_CASE("the layer index is no tag that an image is looked for under") {
  const std::vector<std::string> tags{std::string(layer_index_tag), "1"};
  CHECK(likely_tags(tags, "2") == std::vector<std::string>{"1"});
}

}  // namespace layer_index_test
