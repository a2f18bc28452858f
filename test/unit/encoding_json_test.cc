#include "go/encoding_json.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "test/support/small_stack.h"

namespace encoding_json_test {

using namespace n2c;
using go::Json;
using test::on_small_stack;

namespace {

std::string compact(std::string_view text) {
  const auto json = Json::parse(text);
  return json ? json->compact() : "error: " + json.error();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("JSON keeps order, duplicates and the text of numbers") {
  CHECK(compact(R"( {"b":1.0,"a":1e3,"b":-0} )") == R"({"b":1.0,"a":1e3,"b":-0})");
  CHECK(compact("123456789012345678901234567890") == "123456789012345678901234567890");
  CHECK(compact(" null\n") == "null");
}

TEST_CASE("JSON that Go refuses is refused") {
  for (const std::string_view text : {"",        " ",       "[1,]",        "{\"a\":1,}",
                                      "// c\n1", "'a'",     "01",          "+1",
                                      ".5",      "1.",      "[1] 2",       "nul",
                                      "\"\n\"",  "\"\\x\"", "\"\\u12g4\"", "\xef\xbb\xbf{}",
                                      "{\"a\"}", "[",       "{",           "\"abc"}) {
    CAPTURE(text);
    CHECK_FALSE(Json::parse(text).has_value());
  }
}

TEST_CASE("JSON errors say where") {
  CHECK(Json::parse("{\n \"a\": [1,\n").error() ==
        "unexpected end of JSON input at line 3, column 1 (byte 12)");
  CHECK(Json::parse("{\n \"a\": x}")
            .error()
            .starts_with("invalid JSON at line 2, column 7 (byte 8)"));
  CHECK(Json::parse("1 2").error().find("(byte 2)") != std::string::npos);
}

TEST_CASE("bytes that are no UTF-8 and lone surrogates become U+FFFD, one each (C4.8)") {
  CHECK(compact("\"a\xff\xe2\x82z\"") == "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
  CHECK(compact(R"("\ud800x")") == "\"\xef\xbf\xbdx\"");
  CHECK(compact(R"("\udc00\ud83d\ude00\ud83d")") == "\"\xef\xbf\xbd😀\xef\xbf\xbd\"");
  CHECK(compact(R"("\ud83d\ud83d\ude00")") == "\"\xef\xbf\xbd😀\"");
  CHECK(compact(R"("\\ud800")") == R"("\\ud800")");
  CHECK(compact(R"({"k\ud800":1})") == "{\"k\xef\xbf\xbd\":1}");
}

TEST_CASE("strings are escaped as Go 1.24 escapes them (C2)") {
  CHECK(Json("\"\\\n\r\t\b\f\x01<>&/'\x7f é").compact() ==
        "\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u003c\\u003e\\u0026/'\x7f é\"");
  CHECK(Json("\xe2\x80\xa8\xe2\x80\xa9").compact() == "\"\\u2028\\u2029\"");
  CHECK(Json("\xff").compact() == "\"\\ufffd\"");
}

TEST_CASE("indented JSON has tabs, no space in empty containers and no last newline (C1.1)") {
  CHECK(Json::parse(R"({"a":[1,{}],"b":{"c":[]}})")->indented() ==
        "{\n\t\"a\": [\n\t\t1,\n\t\t{}\n\t],\n\t\"b\": {\n\t\t\"c\": []\n\t}\n}");
}

TEST_CASE("manifests are at most 64 levels deep, files of ours 10 000 as in Go") {
  CHECK(Json::parse(nested(64)).has_value());
  CHECK(Json::parse(nested(65)).error() ==
        "JSON deeper than 64 levels at line 1, column 65 (byte 64)");
  CHECK(Json::parse_as_go(nested(10'000)).has_value());
  CHECK(Json::parse_as_go(nested(10'001)).error() ==
        "JSON deeper than 10000 levels at line 1, column 10001 (byte 10000)");
  for (const std::string& text : {nested(1'000'000), std::string(1'000'000, '['),
                                  std::string(5'000, '['), nested(150) + "]"}) {
    CHECK_FALSE(Json::parse(text).has_value());
    CHECK_FALSE(Json::parse_as_go(text).has_value());
  }
}

TEST_CASE("what is deep in a file of ours is checked, and what stands around it is kept") {
  const auto around = [](const std::string& deep) {
    return Json::parse_as_go(R"({"a":"[{\"","b":)" + deep + R"(,"c":[1,"]"]})");
  };
  const auto json = around(nested(5'000));
  REQUIRE(json);
  CHECK(json->text_at("a") == "[{\"");
  CHECK(json->find("c")->compact() == R"([1,"]"])");
  const std::string open(300, '['), closed(300, ']');
  CHECK(around(open + "{\"k\":[\"]\",\"\\\"[\"]}" + closed).has_value());
  for (const std::string_view wrong : {"{\"k\"}", "1,", "}", "{]", "\"\\x\"", "tru", "1 2"}) {
    CAPTURE(wrong);
    const auto refused = around(open + std::string(wrong) + closed);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().contains("line 1, column 3"));
  }
}

TEST_CASE("values are counted over all levels of a document") {
  std::string wide = "0";
  for (int i = 0; i < 300'000; ++i) wide += ",0";
  const std::string deep = std::string(250, '[') + wide + std::string(250, ']');
  CHECK(Json::parse_as_go("[" + deep + "," + deep + "]").has_value());
  CHECK(Json::parse_as_go("[" + deep + "," + deep + "," + deep + "," + deep + "]")
            .error()
            .starts_with("more than 1000000 JSON keys and values"));
}

TEST_CASE("JSON is parsed, copied and freed on a thread with 128 KiB of stack") {
  on_small_stack([] {
    const auto shallow = Json::parse(nested(64));
    const Json copy = *shallow;
    CHECK(copy.compact() == nested(64));
    CHECK(copy.indented().size() > 64);
    const auto deep = Json::parse_as_go(nested(10'000));
    CHECK(Json(*deep).kind() == Json::Kind::array);
    CHECK_FALSE(Json::parse(nested(1'500)).has_value());
    CHECK_FALSE(Json::parse_as_go(std::string(9'000, '{')).has_value());
  });
}

TEST_CASE("a document of too many values is refused before it fills the memory") {
  std::string text = "[0";
  for (int i = 0; i < 1'100'000; ++i) text += ",0";
  const std::string_view refusal = "more than 1000000 JSON keys and values at line 1";
  CHECK(Json::parse(text + "]").error().starts_with(refusal));
  text = R"({"":0)";
  for (int i = 0; i < 600'000; ++i) text += R"(,"":0)";
  CHECK(Json::parse(text + "}").error().starts_with(refusal));
}

TEST_CASE("a number's exponent may be as long as it likes, and is kept as it is (C4.6, #23)") {
  for (const char* number : {"1e2147483648", "-1.5E+99999999999", "0e-0000000000000000000001",
                             "12e-98765432109876543210"}) {
    CAPTURE(number);
    const std::string text =
        cat(R"({"a":[1e9,"1e99999999999\"",)", number, R"(],"b":)", number, R"(,"c":"x"})");
    CHECK(compact(text) == text);
    CHECK(Json::parse_as_go(text)->compact() == text);
    CHECK_FALSE(Json::parse(number)->as_int());
  }
  std::string deep = "1e2147483648";
  for (int i = 0; i < 200; ++i) deep = "[" + deep + ",2e9999999999]";
  CHECK(Json::parse_as_go(deep).has_value());
  CHECK(Json::parse("[1e9999999999").error() ==
        "unexpected end of JSON input at line 1, column 14 (byte 13)");
  CHECK(Json::parse("[1e9999999999,]").error().starts_with("invalid JSON at line 1, column 15"));
}

TEST_CASE("integers are numbers without fraction and exponent, in range") {
  CHECK(Json::parse("-9223372036854775808")->as_int() == INT64_MIN);
  CHECK_FALSE(Json::parse("9223372036854775808")->as_int());
  CHECK_FALSE(Json::parse("1.0")->as_int());
  CHECK_FALSE(Json::parse("1e3")->as_int());
  CHECK_FALSE(Json::parse("\"1\"")->as_int());
}

namespace {

struct Decoded {
  std::string text = "before";
  std::int64_t number = 7;
  std::optional<std::vector<std::string>> list;
  std::map<std::string, std::string> labels;
  std::vector<std::string> unknown;
  go::Decoded wrong;
};

Decoded decode(std::string_view text) {
  Decoded into;
  const std::vector<go::Field> fields = {
      {"User", [&](const Json& v) { return go::decode(v, into.text); }},
      {"task", [&](const Json& v) { return go::decode(v, into.number); }},
      {"Env", [&](const Json& v) { return go::decode(v, into.list); }},
      {"Labels", [&](const Json& v) { return go::decode(v, into.labels); }}};
  into.wrong = go::decode_object(*Json::parse(text), "a struct", fields,
                                 [&](std::string_view key) { into.unknown.emplace_back(key); });
  return into;
}

}  // namespace

TEST_CASE("keys are matched without regard to case, with Unicode's two ASCII foldings (C4.2)") {
  CHECK(decode(R"({"USER":"a"})").text == "a");
  CHECK(decode("{\"u\xc5\xbf\x65r\":\"b\"}").text == "b");
  CHECK(decode("{\"tas\xe2\x84\xaa\":1}").number == 1);
  CHECK(decode(R"({"\u0055ser":"c","us_er":"d"})").text == "c");
  CHECK(decode(R"({"x":1,"user":"a"})").unknown == std::vector<std::string>{"x"});
}

TEST_CASE("duplicates and nulls follow Go (C4.4, C4.5)") {
  CHECK(decode(R"({"User":"a","user":null})").text == "a");
  CHECK(decode(R"({"Labels":{"a":"1"},"labels":{"b":"2","a":null}})").labels ==
        std::map<std::string, std::string>{{"a", ""}, {"b", "2"}});
  CHECK(decode(R"({"Labels":{"a":"1"},"labels":null})").labels.empty());
  CHECK(decode(R"({"Env":["a"],"env":[null,"b"]})").list == std::vector<std::string>{"", "b"});
  CHECK_FALSE(decode(R"({"Env":["a"],"Env":null})").list);
  CHECK(decode(R"({"Env":[]})").list == std::vector<std::string>{});
}

TEST_CASE("a value of the wrong kind is named by its key and what it is (C4.6)") {
  CHECK(decode(R"({"env":"x"})").wrong->str() ==
        "env: a list of strings is due, and this is a string");
  CHECK(decode(R"({"Env":["a",1]})").wrong->str() == "Env[1]: a string is due, and this is 1");
  CHECK(decode(R"({"task":1.0})").wrong->str() == "task: an integer is due, and this is 1.0");
  CHECK(decode(R"({"labels":{"a":{}}})").wrong->str() ==
        "labels.a: a string is due, and this is an object");
  CHECK(decode("[]").wrong->str() == "an object (a struct) is due, and this is a list");
  CHECK_FALSE(decode("null").wrong);
}

}  // namespace encoding_json_test
