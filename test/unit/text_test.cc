#include "base/text.h"

#include <doctest/doctest.h>

using namespace n2c;

TEST_CASE("byte counts are shown with one decimal and a binary unit") {
  CHECK(brief_bytes(0) == "0 B");
  CHECK(brief_bytes(1023) == "1023 B");
  CHECK(brief_bytes(1024) == "1.0 KiB");
  CHECK(brief_bytes(35'756'441) == "34.1 MiB");
  CHECK(brief_bytes((1 << 20) - 1) == "1.0 MiB");
  CHECK(brief_bytes(std::uint64_t{2} << 30) == "2.0 GiB");
}

TEST_CASE("durations are seconds, and minutes from two minutes on") {
  using namespace std::chrono_literals;
  CHECK(brief_duration(300ms) == "0.3 s");
  CHECK(brief_duration(125s) == "2 min 05 s");
}

TEST_CASE("text from outside is made fit for one line") {
  CHECK(printable("plain é") == "plain é");
  CHECK(printable("a\nb\x1b[31m") == "a\\x0ab\\x1b[31m");
  CHECK(printable("bad \xff\xc3") == "bad \\xff\\xc3");
  CHECK(printable(std::string(300, 'x'), 10) == "xxxxxxxxxx…");
}

TEST_CASE("cut takes the first separator and split keeps empty parts") {
  CHECK(cut("a=b=c", '=')->second == "b=c");
  CHECK_FALSE(cut("abc", '='));
  CHECK(split("a,,b", ',').size() == 3);
  CHECK(split("", ',').size() == 1);
}

TEST_CASE("numbers have digits only") {
  CHECK(parse_number("18446744073709551615") == 18446744073709551615ULL);
  CHECK_FALSE(parse_number("18446744073709551616"));
  CHECK_FALSE(parse_number("-1"));
  CHECK_FALSE(parse_number("1 "));
  CHECK_FALSE(parse_number(""));
}
