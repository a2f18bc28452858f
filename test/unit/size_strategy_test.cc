#include "describe/size_strategy.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "describe/layer_plan.h"
#include "describe/what_if.h"

namespace size_strategy_test {

using namespace n2c;

namespace {

struct Paths {
  std::vector<StorePath> paths;
  std::vector<std::uint64_t> sizes;
  Closure closure;
};

using Layers = std::vector<std::vector<StorePath>>;

//     app -> lib -> libc        doc        tool -> libc
Paths small_closure(const std::string& app_hash = "aaaa", std::uint64_t app_size = 1000) {
  Paths all;
  const std::string app = "/nix/store/" + app_hash + "-app";
  all.closure =
      *parse_closure_graph("[{\"path\":\"" + app + R"(","references":["/nix/store/b-lib"]},
        {"path":"/nix/store/b-lib","references":["/nix/store/c-libc"]},
        {"path":"/nix/store/c-libc"},{"path":"/nix/store/d-doc"},
        {"path":"/nix/store/e-tool","references":["/nix/store/c-libc"]}])");
  for (const std::size_t id : by_popularity(all.closure)) {
    all.paths.push_back({.path = all.closure.nodes[id].path, .options = {}});
    const bool is_app = all.paths.back().path == app;
    all.sizes.push_back(is_app ? app_size : 30'000'000);
  }
  return all;
}

/// A closure of many paths, small ones and a few large, that refer to earlier ones.
Paths random_closure(std::size_t count, unsigned seed) {
  std::mt19937 rng(seed);
  Paths all;
  for (std::size_t i = 0; i < count; ++i) {
    Closure::Node node{.path = "/nix/store/h" + std::to_string(i) + "-p" + std::to_string(i)};
    for (std::size_t to = 0; to < i; ++to) {
      if (rng() % i < 3) node.references.push_back(to);
    }
    all.closure.nodes.push_back(std::move(node));
  }
  for (const std::size_t id : by_popularity(all.closure)) {
    all.paths.push_back({.path = all.closure.nodes[id].path, .options = {}});
    all.sizes.push_back(std::uint64_t{1024} << (rng() % 18));
  }
  return all;
}

std::vector<WeighedLayer> weighed(const Layers& layers, const Paths& all) {
  std::map<std::string, std::uint64_t> sizes;
  for (std::size_t i = 0; i < all.paths.size(); ++i) sizes[all.paths[i].path] = all.sizes[i];
  std::vector<WeighedLayer> weighed;
  for (const auto& layer : layers) {
    WeighedLayer& one = weighed.emplace_back();
    for (const StorePath& path : layer) {
      one.paths.push_back(path.path);
      one.size += sizes.at(path.path);
    }
  }
  return weighed;
}

Layers split(const Paths& all, std::int64_t max_layers) {
  return split_by_size(all.paths, all.sizes, all.closure, max_layers);
}

std::string shown(const Layers& layers) {
  std::string text;
  for (const auto& layer : layers) {
    for (const StorePath& path : layer) text += path.path.substr(path.path.find('-')) + " ";
    text += "/ ";
  }
  return text;
}

}  // namespace

TEST_CASE("every path is in exactly one layer, and there are no more layers than allowed") {
  const Paths all = random_closure(60, 1);
  for (const std::int64_t max_layers : {-1, 0, 1, 2, 7, 59, 60, 100}) {
    const Layers layers = split(all, max_layers);
    std::set<std::string> seen;
    for (const auto& layer : layers) {
      CHECK_FALSE(layer.empty());
      for (const StorePath& path : layer) CHECK(seen.insert(path.path).second);
    }
    CHECK(seen.size() == 60);
    if (max_layers > 0) CHECK(layers.size() == std::min<std::size_t>(60, std::size_t(max_layers)));
    if (max_layers <= 0) CHECK(layers.size() == 60);
  }
  CHECK(split_by_size({}, {}, all.closure, 3).empty());
}

TEST_CASE("what changes least stands lowest") {
  CHECK(shown(split(small_closure(), 0)) == "-doc / -libc / -lib / -tool / -app / ");
}

TEST_CASE("a change sends less again than with popularity, alone and with what refers to it") {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
    const Paths all = random_closure(200, seed);
    for (const std::int64_t max_layers : {10, 40, 100}) {
      CAPTURE(seed);
      CAPTURE(max_layers);
      const auto size = weighed(split(all, max_layers), all);
      const auto popularity = weighed(split_by_order(all.paths, max_layers), all);
      CHECK(resent_alone(size).mean < resent_alone(popularity).mean);
      CHECK(resent_with_referrers(size, all.closure).mean <
            resent_with_referrers(popularity, all.closure).mean);
    }
  }
}

TEST_CASE("a new hash or a little growth of one path leaves the grouping as it was") {
  for (const std::int64_t max_layers : {2, 3, 4}) {
    const std::string before = shown(split(small_closure(), max_layers));
    CHECK(shown(split(small_closure("zzzz"), max_layers)) == before);
    CHECK(shown(split(small_closure("aaaa", 1020), max_layers)) == before);
  }
}

TEST_CASE("of thousands of paths the smallest share a layer from the start") {
  Paths all;
  for (std::size_t i = 0; i < 1200; ++i) {
    all.closure.nodes.push_back({"/nix/store/h-" + std::to_string(i), {}});
    all.paths.push_back({.path = all.closure.nodes.back().path, .options = {}});
    all.sizes.push_back(i < 900 ? 1 << 20 : 1);
  }
  const Layers layers = split(all, 990);
  CHECK(layers.size() == 990);
  CHECK(layers.back().size() >= 201);
}

}  // namespace size_strategy_test
