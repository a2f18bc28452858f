#include "describe/inspection.h"

#include <doctest/doctest.h>

#include "test/support/temp_store.h"

namespace inspection_test {

using namespace n2c;
using test::TempStore;

namespace {

LayerRecord layer(std::string digest, std::int64_t size, std::vector<std::string> paths) {
  LayerRecord record{.digest = std::move(digest), .size = size};
  record.paths.emplace();
  for (std::string& path : paths) record.paths->push_back({std::move(path), {}});
  return record;
}

ImageFacts inspect(std::vector<LayerRecord> layers, const TempStore& store) {
  return inspect_image({.layers = std::move(layers)}, store.view(), {});
}

}  // namespace

TEST_CASE("the largest path is found by the size its files have in a tar") {
  const TempStore store;
  store.file("/nix/store/small", std::string(10, 'x'));
  store.file("/nix/store/large/a/b", std::string(513, 'x'));
  store.symlink("/nix/store/large/link", "/nix/store/small");
  const auto facts = inspect({layer("d", 9, {"/nix/store/small", "/nix/store/large"})}, store);
  REQUIRE(facts.layers.front().largest);
  CHECK(facts.layers.front().largest->path == "/nix/store/large");
  CHECK(facts.layers.front().largest->size == 512 + 512 + 512 + 1024 + 512);
  CHECK(facts.path_count == 2);
}

TEST_CASE("paths that are not on this machine leave the largest unknown and the sizes as said") {
  const TempStore store;
  const auto facts = inspect({layer("d", 9, {"/nix/store/none"})}, store);
  CHECK_FALSE(facts.layers.front().largest);
  CHECK(facts.size == 9);
}

TEST_CASE("a layer's file gives its true size, and a layer named twice counts once") {
  const TempStore store;
  store.file("/nix/store/base", std::string(700, 'x'));
  LayerRecord base{.digest = "base", .size = 0, .layer_path = "/nix/store/base"};
  CHECK(inspect({base, base}, store).size == 700);
}

TEST_CASE("more than a hundred layers are warned of") {
  const TempStore store;
  std::vector<LayerRecord> layers;
  for (int i = 0; i < 100; ++i) layers.push_back(layer(std::to_string(i), 1, {"/p"}));
  CHECK(inspect(layers, store).warnings.empty());
  layers.push_back(layer("one more", 1, {"/p"}));
  CHECK(inspect(layers, store).warnings.front().starts_with("101 layers: "));
}

TEST_CASE("a layer with most of the bytes is warned of, by what can be done about it") {
  const TempStore store;
  const auto two = inspect({layer("a", 10, {"/p", "/q"}), layer("b", 9, {"/r"})}, store).warnings;
  REQUIRE(two.size() == 1);
  CHECK(two.front().find("--layer-strategy size") != std::string::npos);
  const auto one = inspect({layer("a", 10, {"/p"}), layer("b", 9, {"/r"})}, store).warnings;
  REQUIRE(one.size() == 1);
  CHECK(one.front().find("cannot be split") != std::string::npos);
  CHECK(inspect({layer("a", 10, {"/p"}), layer("b", 10, {"/r"})}, store).warnings.empty());
  CHECK(inspect({layer("a", 10, {"/p"})}, store).warnings.empty());
}

TEST_CASE("a store path in several layers is reported, the largest first (#21)") {
  const TempStore store;
  store.file("/nix/store/small", std::string(10, 'x'));
  store.file("/nix/store/large", std::string(5000, 'x'));
  const auto repeated =
      inspect({layer("a", 9, {"/nix/store/small", "/nix/store/large", "/once"}),
               layer("b", 9, {"/nix/store/large", "/nix/store/small", "/none"}),
               layer("b", 9, {"/nix/store/large"}), layer("c", 9, {"/none", "/nix/store/large"})},
              store)
          .repeated;
  REQUIRE(repeated.size() == 3);
  CHECK(repeated[0].path == "/nix/store/large");
  CHECK(repeated[0].layers == std::vector<std::size_t>{1, 2, 4});
  CHECK(repeated[0].size == 512 + 5120);
  CHECK(repeated[1].path == "/nix/store/small");
  CHECK(repeated[2].path == "/none");
  CHECK_FALSE(repeated[2].size);
}

TEST_CASE("what a push says of its layers is of many, and of a heavy one that can be split (#21)") {
  constexpr std::uint64_t mib = 1 << 20;
  CHECK(costs_of_layers({}).empty());
  CHECK(costs_of_layers({{"", 63 * mib, 12}}).empty());
  CHECK(costs_of_layers({{"", 640 * mib, 1}}).empty());
  CHECK(costs_of_layers({{"", 100 * mib, 12}, {"", 100 * mib, 1}}).empty());
  const auto heavy = costs_of_layers({{"", 20 * mib, 1}, {"", 64 * mib, 12}});
  REQUIRE(heavy.size() == 1);
  CHECK(heavy.front().starts_with(
      "layer 2 holds 12 store paths and 64.0 MiB of 84.0 MiB, all sent when one changes: "));
  CHECK(costs_of_layers(std::vector<LayerWeight>(100, {"", 1, 1})).empty());
  CHECK(costs_of_layers(std::vector<LayerWeight>(101, {"", 1, 1}))
            .front()
            .starts_with("101 layers: "));
}

TEST_CASE("a layer that is there twice counts once, for a push and for inspect (#21)") {
  constexpr std::uint64_t mib = 1 << 20;
  const LayerWeight heavy{"sha256:a", 80 * mib, 12}, other{"sha256:b", 10 * mib, 1};
  const auto costs = costs_of_layers({heavy, other, heavy, other});
  REQUIRE(costs.size() == 1);
  CHECK(costs.front().starts_with("layer 1 holds 12 store paths and 80.0 MiB of 90.0 MiB, "));
  ImageRecord image;
  image.layers.emplace();
  for (const auto& [digest, size, paths] : {heavy, other, heavy, other}) {
    LayerRecord& layer = image.layers->emplace_back();
    layer.digest = layer.diff_id = digest;
    layer.size = static_cast<std::int64_t>(size);
    layer.paths.emplace(paths);
  }
  CHECK(inspect_image(image, {}, {}).size == 90 * mib);
  CHECK(inspect_image(image, {}, {})
            .warnings.front()
            .starts_with("layer 1 holds 80.0 MiB of 90.0 MiB: "));
}

}  // namespace inspection_test
