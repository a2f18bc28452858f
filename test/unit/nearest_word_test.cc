#include "base/nearest_word.h"

#include <doctest/doctest.h>

#include <array>

namespace nearest_word_test {

using namespace n2c;

namespace {

constexpr std::array<std::string_view, 6> words{"push",    "pull",        "tags",
                                                "dry-run", "compression", "reuse-from"};

std::string_view meant(std::string_view typed) { return nearest_word(typed, words).value_or("-"); }

}  // namespace

TEST_CASE("a word with a slip or two is taken for the one it is nearest to") {
  CHECK(meant("push") == "push");
  CHECK(meant("PUSH") == "push");
  CHECK(meant("psuh") == "push");  // swapped
  CHECK(meant("pus") == "push");
  CHECK(meant("pusch") == "push");
  CHECK(meant("pall") == "pull");
  CHECK(meant("dryrun") == "dry-run");
  CHECK(meant("compresion") == "compression");
  CHECK(meant("comprss") == "compression");  // shortened
  CHECK(meant("comp") == "compression");
}

TEST_CASE("what is like none of the words is taken for none") {
  CHECK(meant("") == "-");
  CHECK(meant("x") == "-");
  CHECK(meant("frobnicate") == "-");
  CHECK(meant("user") == "-");  // its letters are in reuse-from, which begins otherwise
  CHECK(meant(std::string(1000, 'p')) == "-");
  CHECK_FALSE(nearest_word("push", {}).has_value());
  constexpr std::array<std::string_view, 2> odd{"", "y"};
  CHECK_FALSE(nearest_word("x", odd).has_value());
}

}  // namespace nearest_word_test
