#include "base/text.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "go/encoding_json.h"

namespace text_test {

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
  CHECK(printable("a\nb\r\t\x1b[31m\x7f") == "a\\nb\\r\\t\\x1b[31m\\x7f");
  CHECK(printable("bad \xff\xc3") == "bad \\xff\\xc3");
  CHECK(printable(std::string(300, 'x'), 10) == "xxxxxxxxxx…");
}

TEST_CASE("what a terminal obeys, or hides, or turns around, is shown by its number (#16)") {
  struct Row {
    const char* text;
    const char* shown;
  };
  const Row rows[] = {
      {"\u0080\u0085\u009b31m\u009f", "\\u0080\\u0085\\u009b31m\\u009f"},  // C1
      {"\x9b"
       "31m",
       "\\x9b31m"},                        // C1 as a raw byte
      {"\u2028\u2029", "\\u2028\\u2029"},  // ends of lines
      {"\u202a\u202e\u2066\u2069\u200e\u200f\u061c",
       "\\u202a\\u202e\\u2066\\u2069\\u200e\\u200f\\u061c"},                      // directions
      {"\u200b\u200d\ufeff\u00ad\u2060", "\\u200b\\u200d\\ufeff\\u00ad\\u2060"},  // unseen
      {"\U000e0041\U000e007f", "\\U000e0041\\U000e007f"},                         // tags
      {"\xc0\x9b \xe0\x82\x9b \xed\xa0\x80", "\\xc0\\x9b \\xe0\\x82\\x9b \\xed\\xa0\\x80"},
      {"\u00a0é€漢\U0001f600\u0301", "\u00a0é€漢\U0001f600\u0301"},  // all that is seen
  };
  for (const Row& row : rows) {
    CAPTURE(row.shown);
    CHECK(printable(row.text) == row.shown);
    CHECK(printable(row.shown) == row.shown);
    CHECK(Printable(row.text).str() == row.shown);
  }
}

TEST_CASE("an error says nothing that a terminal obeys, wherever its words came from") {
  const Error error = Error(ErrorKind::registry, "scope \x1b[2K\nfake\u202e", "try\u009b1m")
                          .within("asking\x1b[8m");
  CHECK(error.message() == "asking\\x1b[8m: scope \\x1b[2K\\nfake\\u202e");
  CHECK(error.hint() == "try\\u009b1m");
  CHECK(error.with_hint("other").hint() == "try\\u009b1m");
  CHECK(Error(ErrorKind::local, "x").with_hint("\x07").hint() == "\\x07");
  CHECK(std::string(error.what()) == error.message());
}

TEST_CASE("an error of any length is shown by its beginning and its end") {
  const Error error = Error(ErrorKind::registry, "why: " + std::string(1 << 17, 'x') + "é end",
                            std::string(1 << 17, '\x1b'))
                          .within("pushing");
  CHECK(error.message().size() <= Printable::longest + 3);
  CHECK(error.hint().size() <= Printable::longest + 3);
  CHECK(error.message().starts_with("pushing: why: xxx"));
  CHECK(error.message().ends_with("xé end"));
  CHECK(error.message().find("x…x") != std::string::npos);
  // Cut between characters.
  CHECK(Printable(std::string(3, 'x') + cat(std::string(20000, 'y'), "€")).str().ends_with("€"));
  std::string wide;
  for (int i = 0; i < 5000; ++i) wide += "€";
  CHECK(printable(Printable(wide).str(), 100000) == Printable(wide).str());
}

TEST_CASE("JSON for programs means the same, and holds nothing that a terminal obeys") {
  const std::string text = "{\n  \"a\": \"\u009b31m\u202e\u2028\x7f\U000e0041 é \"\n}";
  const std::string shown = printable_json(text);
  CHECK(shown == "{\n  \"a\": \"\\u009b31m\\u202e\\u2028\\u007f\\udb40\\udc41 é \"\n}");
  CHECK(go::Json::parse(shown)->text_at("a") == go::Json::parse(text)->text_at("a"));
  CHECK(printable_json("[\x1b\r\xff]") == "[\\u001b\\u000d\\ufffd]");
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

}  // namespace text_test
