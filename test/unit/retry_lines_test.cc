#include "console/retry_lines.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace retry_lines_test {

using namespace n2c;

RetryNotice busy(int attempt) {
  return {.why = cat("PUT https://r.example/v2/app/blobs/", attempt, ": 503"),
          .kind = "r.example: 503",
          .next = cat("trying again in 0.5 s (try ", attempt, " of 8)")};
}

std::vector<std::string> texts(const std::vector<Printable>& lines) {
  std::vector<std::string> texts;
  for (const Printable& line : lines) texts.push_back(line.str());
  return texts;
}

using Lines = std::vector<std::string>;

TEST_CASE("alike retries are one line, which counts and says the newest") {
  RetryLines lines;
  CHECK(lines.add(busy(2), false));
  CHECK(texts(lines.now(80)) == Lines{"n2c: r.example: 503; trying again in 0.5 s (try 2 of 8)"});
  CHECK_FALSE(lines.add(busy(3), false));
  CHECK(texts(lines.now(80)) ==
        Lines{"n2c: r.example: 503, 2 times; trying again in 0.5 s (try 3 of 8)"});
  CHECK(texts(lines.take_counts()) == Lines{"r.example: 503; tried again 2 times"});
  CHECK(lines.now(80).empty());
  CHECK(lines.take_counts().empty());
}

TEST_CASE("what a log has already is not written again, unless more came") {
  RetryLines lines;
  lines.add(busy(2), true);
  CHECK(lines.take_counts().empty());
  lines.add(busy(3), true);
  CHECK(lines.take_counts().size() == 1);
}

TEST_CASE("of several kinds the two newest have a line, and none is wider than the terminal") {
  RetryLines lines;
  for (const char* const kind : {"a", "b", "c", "a"}) {
    lines.add({.why = kind, .kind = kind, .next = "trying again"}, false);
  }
  CHECK(texts(lines.now(80)) == Lines{"n2c: c; trying again", "n2c: a, 2 times; trying again"});
  for (const Printable& line : lines.now(10)) CHECK(columns_of(line.str()) <= 10);
  CHECK(texts(lines.take_counts()) ==
        Lines{"b; tried again once", "c; tried again once", "a; tried again 2 times"});
}

}  // namespace retry_lines_test
