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

}  // namespace inspection_test
