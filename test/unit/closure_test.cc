#include "describe/closure.h"

#include <doctest/doctest.h>

#include "test/support/small_stack.h"

namespace closure_test {

using namespace n2c;

namespace {

std::string popular(std::string_view graph) {
  const auto closure = parse_closure_graph(graph);
  REQUIRE(closure.has_value());
  std::string order;
  for (const std::size_t id : by_popularity(*closure)) order += closure->nodes[id].path;
  return order;
}

std::string error_of(std::string_view graph) {
  try {
    by_popularity(*parse_closure_graph(graph));
    return "none";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.message();
  }
}

}  // namespace

//     A -> B, G    B -> C, E    C -> D, E    D -> F    E -> F
TEST_CASE("the most referred to come first; among equals the one first seen later (F2.3)") {
  CHECK(popular(R"([{"path":"A","references":["B","G"]},{"path":"B","references":["C","E"]},
                    {"path":"C","references":["D","E"]},{"path":"D","references":["F"]},
                    {"path":"E","references":["F"]},{"path":"F","references":[]},
                    {"path":"G","references":null}])") == "FEDCGBA");
  CHECK(popular(R"([{"path":"A"},{"path":"B"},{"path":"C"}])") == "CBA");
  CHECK(popular(R"([{"path":"A","references":["C","B"]}])") == "BCA");
}

TEST_CASE("self-references, repeated edges and repeated entries count once (F1.1)") {
  CHECK(popular(R"([{"path":"A","references":["A","B","B"]},{"path":"A","references":["B"]},
                    {"path":"C"}])") == "BCA");
  CHECK(popular("null").empty());
  CHECK(popular("[]").empty());
}

TEST_CASE("scores wrap as Go's do: 64 doublings make the last the least popular (F2.1)") {
  // A ladder: both rungs of a level refer to both of the next.
  std::string graph = "[";
  const int levels = 66;
  for (int level = 0; level < levels; ++level) {
    for (const char side : {'a', 'b'}) {
      const std::string next = std::to_string(level + 1);
      const std::string references =
          level + 1 == levels ? "" : "\"a" + next + "\",\"b" + next + "\"";
      graph += std::string(graph.size() > 1 ? "," : "") + "{\"path\":\"" + side +
               std::to_string(level) + "\",\"references\":[" + references + "]}";
    }
  }
  const auto closure = parse_closure_graph(graph + "]");
  const auto order = by_popularity(*closure);
  CHECK(closure->nodes[order.front()].path == "b62");
  CHECK(closure->nodes[order.back()].path == "a63");
}

TEST_CASE("paths that refer to each other in a circle are named") {
  CHECK(error_of(R"([{"path":"A","references":["B"]},{"path":"B","references":["A"]}])") ==
        "A and B refer to each other, directly or not");
  CHECK(error_of(R"([{"path":"A","references":["B"]},{"path":"B","references":["C"]},
                     {"path":"C","references":["B","D"]},{"path":"D"}])") ==
        "B and C refer to each other, directly or not");
  std::string ring = "[";
  for (int i = 0; i < 11; ++i) {
    ring += std::string(i == 0 ? "" : ",") + "{\"path\":\"" + std::to_string(i) +
            "\",\"references\":[\"" + std::to_string((i + 1) % 11) + "\"]}";
  }
  CHECK(error_of(ring + "]") ==
        "0 and 1 refer to each other, directly or not, and 9 more are in such circles");
}

TEST_CASE(
    "a chain of ten thousand paths is ordered on a small stack, and closed to a ring refused") {
  std::string chain = "[";
  for (int i = 0; i < 10'000; ++i) {
    chain += "{\"path\":\"" + std::to_string(i) + "\",\"references\":[\"" + std::to_string(i + 1) +
             "\"]},";
  }
  test::on_small_stack([&] {
    CHECK(referrers_first(*parse_closure_graph(chain + "{}]")).size() == 10'002);
    CHECK(error_of(chain + R"({"path":"10000","references":["0"]}])")
              .ends_with("and 9999 more are in such circles"));
  });
}

TEST_CASE("a graph of the wrong shape is named by its keys") {
  CHECK(parse_closure_graph(R"([{"path":"A","references":[1]}])").error() ==
        "[0].references[0]: a string is due, and this is 1");
  CHECK(parse_closure_graph("{}").error() == "a list is due, and this is an object");
}

}  // namespace closure_test
