#include "describe/layer_plan.h"

#include <doctest/doctest.h>

namespace layer_plan_test {

using namespace n2c;

namespace {

std::vector<StorePath> paths(std::string_view letters) {
  std::vector<StorePath> list;
  for (const char c : letters) list.push_back({.path = std::string(1, c), .options = {}});
  return list;
}

std::string shown(const std::vector<std::vector<StorePath>>& layers) {
  std::string text;
  for (const auto& layer : layers) {
    for (const auto& path : layer) text += path.path;
    text += '/';
  }
  return text;
}

struct Selection {
  std::vector<StorePath> paths;
  std::vector<std::string> log;
};

Selection select(const SelectionRules& rules, const std::vector<LayerRecord>& parents) {
  Selection selection;
  selection.paths = select_paths({"A", "B", "C"}, rules, parents,
                                 [&](std::string_view line) { selection.log.emplace_back(line); });
  return selection;
}

}  // namespace

TEST_CASE("paths fill one layer each and the last takes the rest (F4.1)") {
  CHECK(shown(split_by_order(paths("CBA"), -1)) == "C/B/A/");
  CHECK(shown(split_by_order(paths("CBA"), 0)) == "C/B/A/");
  CHECK(shown(split_by_order(paths("CBA"), 1)) == "CBA/");
  CHECK(shown(split_by_order(paths("CBA"), 2)) == "C/BA/");
  CHECK(shown(split_by_order(paths("CBA"), 3)) == "C/B/A/");
  CHECK(shown(split_by_order(paths("CBA"), INT64_MAX)) == "C/B/A/");
  CHECK(split_by_order({}, 3).empty());
}

TEST_CASE("listed paths are in their layers, in the closure's order, and the rest is one more") {
  const std::vector<std::string> closure{"C", "B", "A", "P"};
  const auto split = [&](std::string_view json) {
    return shown(*split_by_lists(paths("CBA"), *read_layer_lists(json), closure));
  };
  CHECK(split(R"([["A","C"],["B"]])") == "CA/B/");
  CHECK(split(R"([["B"],["A"]])") == "B/A/C/");
  CHECK(split("[]") == "CBA/");
  CHECK(split(R"([["P"],[],["C"],["A","B"]])") == "C/BA/");  // a parent has P
}

TEST_CASE("a list of layers that is none, or names what is not there, says where") {
  const std::vector<std::string> closure{"A", "B"};
  const auto fault = [&](std::string_view json) {
    const auto lists = read_layer_lists(json);
    if (!lists) return lists.error();
    const auto layers = split_by_lists(paths("AB"), *lists, closure);
    return layers ? "none" : layers.error();
  };
  CHECK(fault(R"([["A"],["B","Z"]])") == "[1]: \"Z\" is not in the closure graph");
  CHECK(fault(R"([["A"],["B","A"]])") == "[1]: \"A\" is listed twice");
  CHECK(fault(R"([["A"],["B",null]])") == "[1]: \"\" is not in the closure graph");
  CHECK(fault(R"([["A"],"B"])").starts_with("[1]: a list"));
  CHECK(fault(R"({"A":1})").starts_with("a list"));
  CHECK(fault("[[").contains("line 1"));
}

TEST_CASE("a path has its perms in order and its last rewrite, and no options without either") {
  SelectionRules rules;
  REQUIRE_FALSE(
      read_perms(R"([{"path":"A","regex":"1"},{"path":"B"},{"path":"A","regex":"2"}])", rules));
  REQUIRE_FALSE(read_rewrites(
      R"([{"path":"A","regex":"x","repl":"y"},{"path":"A","regex":"^A","repl":""}])", rules));
  const auto selected = select(rules, {}).paths;
  REQUIRE(selected.size() == 3);
  CHECK(selected[0].options->perms->size() == 2);
  CHECK(selected[0].options->perms->back().regex == "2");
  CHECK(selected[0].options->rewrite == Rewrite{"^A", ""});
  CHECK(selected[1].options->rewrite == Rewrite{});
  CHECK_FALSE(selected[2].options);
}

TEST_CASE("paths are dropped when ignored or when a parent has them with the same options (F3)") {
  SelectionRules rules{.ignore = "B"};
  rules.rewrites = {{"C", {"^C", ""}}};
  LayerRecord parent{.paths = paths("AC")};
  const auto selection = select(rules, {parent});
  REQUIRE(selection.paths.size() == 1);
  CHECK(selection.paths[0].path == "C");  // its options differ from the parent's
  CHECK(selection.log ==
        std::vector<std::string>{"Excluding path A because already present in a parent layer",
                                 "Excluding path B from layer"});
}

TEST_CASE("rules of the wrong shape are named by their keys, unknown keys kept for later") {
  SelectionRules rules;
  CHECK(read_perms(R"([{"path":"A","uid":1.0}])", rules) ==
        "[0].uid: an integer is due, and this is 1.0");
  CHECK(read_rewrites("[", rules)->starts_with("unexpected end of JSON input"));
  REQUIRE_FALSE(read_perms(R"([{"path":"A","recursive":"0222"}])", rules));
  CHECK(select(rules, {}).paths[0].unknown_keys == std::vector<std::string>{"recursive"});
}

}  // namespace layer_plan_test
