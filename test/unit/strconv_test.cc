#include "go/strconv.h"

#include <doctest/doctest.h>

namespace strconv_test {

using namespace n2c;

TEST_CASE("whole numbers are taken as Go's flags take them") {
  CHECK(go::parse_int("0") == 0);
  CHECK(go::parse_int("-1") == -1);
  CHECK(go::parse_int("+7") == 7);
  CHECK(go::parse_int("0x10") == 16);
  CHECK(go::parse_int("0XfF") == 255);
  CHECK(go::parse_int("010") == 8);
  CHECK(go::parse_int("0o17") == 15);
  CHECK(go::parse_int("0b101") == 5);
  CHECK(go::parse_int("1_000") == 1000);
  CHECK(go::parse_int("0x_1f") == 31);
  CHECK(go::parse_int("0_7") == 7);
  CHECK(go::parse_int("00") == 0);
  CHECK(go::parse_int("9223372036854775807") == INT64_MAX);
  CHECK(go::parse_int("-9223372036854775808") == INT64_MIN);
}

TEST_CASE("what Go refuses is refused in its words") {
  for (const std::string_view text : {"", "x", "-", "+", "1_", "_1", "1__0", "0x", "0b2", "08",
                                      "1e3", "1.0", " 1", "1 ", "--1", "0_", "0x1_"}) {
    CAPTURE(text);
    CHECK_FALSE(go::parse_int(text).has_value());
  }
  CHECK(go::parse_int("x").error() == "\"x\" is not a number");
  CHECK(go::parse_int("9223372036854775808").error().ends_with("is too large"));
  CHECK(go::parse_int("99999999999999999999").error().ends_with("is too large"));
}

}  // namespace strconv_test
