#include "go/regexp.h"

#include <doctest/doctest.h>

namespace regexp_test {

using namespace n2c;

namespace {

go::Regexp compiled(std::string_view pattern) {
  return or_throw(go::Regexp::compile(pattern), ErrorKind::input, pattern);
}

std::string replaced(std::string_view pattern, std::string_view text, std::string_view with) {
  const go::Regexp regexp = compiled(pattern);
  return regexp.replace_all(text, go::Template(regexp, with));
}

}  // namespace

TEST_CASE("empty matches are replaced where Go replaces them (D3.1)") {
  CHECK(replaced("b*", "abbac", "X") == "XaXaXcX");
  CHECK(replaced("x*", "abc", "-") == "-a-b-c-");
  CHECK(replaced("", "ab", "X") == "XaXbX");
  CHECK(replaced(".*", "ab", "X") == "X");
  CHECK(replaced("", "", "X") == "X");
  CHECK(replaced("", "é", "X") == "XéX");
}

TEST_CASE("templates name groups as Go's do (D3.2)") {
  struct Row {
    std::string_view text, expanded;
  };
  const Row rows[] = {
      {"/p/$1", "/p/ab"},
      {"/p/${1}z", "/p/abz"},
      {"/p/$1z", "/p/"},
      {"$1$1", "abab"},
      {"$$1", "$1"},
      {"$$$1", "$ab"},
      {"$2", ""},
      {"$10", ""},
      {"$01", ""},
      {"${1a}", ""},
      {"$_", ""},
      {"$é", ""},
      {"${1", "${1"},
      {"${}", "${}"},
      {"$-x", "$-x"},
      {"$", "$"},
      {"${ 1 }", "${ 1 }"},
      {"\\1", "\\1"},
      {"$0", "/ab"},
      {"${0}", "/ab"},
      {"$99999999999999999999", ""},
      {"$é-$1", "-ab"},
      {"a$", "a$"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(replaced("^/(.*)$", "/ab", row.text) == row.expanded);
  }
  CHECK(replaced("(?P<first>a)(b)?", "a", "${first}[$2]") == "a[]");
  CHECK(replaced("(?<first>a)", "ba", "<$first>") == "b<a>");
}

TEST_CASE("of groups with one name the first that took part in the match is meant") {
  CHECK(replaced("(?P<n>a)|(?<n>b)", "ab", "[$n]") == "[a][b]");
  CHECK(replaced("(?P<n>a)(?P<n>b)?(?P<m>.)", "ab-ac", "[$n$m$2]") == "[a-b][ac]");
}

TEST_CASE("the first alternative wins, and matching goes on at the end of the last match") {
  CHECK(replaced("a|ab", "abab", "X") == "XbXb");
  CHECK(replaced("^a", "aab", "X") == "Xab");
  CHECK(replaced("\\bfoo", "foo-foofoo", "X") == "X-Xfoo");
  CHECK(replaced("$", "a\nb", "X") == "a\nbX");
  CHECK(replaced("(?m)$", "a\nb", "X") == "aX\nbX");
  CHECK(replaced("\\Q(?<x\\E", "a(?<x", "X") == "aX");
  CHECK(replaced("[(?<]", "a(?<x", "X") == "aXXXx");
  CHECK(replaced("[](?<[:digit:]]", "](?<1", "X") == "XXXXX");
}

TEST_CASE("thousands of groups that no replacement names do not slow a rule down (#23)") {
  const std::string pattern = std::string(5000, '(') + "a" + std::string(5000, ')');
  const std::string text(2000, 'b');
  CHECK(replaced(pattern, text + "a", "X") == text + "X");
}

TEST_CASE("bytes that are not UTF-8 match as U+FFFD and are kept") {
  CHECK(replaced("b",
                 "a\xff"
                 "b\xe9",
                 "X") == "a\xffX\xe9");
  CHECK(replaced("(.)b",
                 "a\xff"
                 "b",
                 "[$1]") == "a[\xff]");
  CHECK(replaced("[^a]",
                 "a\xff"
                 "\xfe",
                 "X") == "aXX");
  CHECK(replaced("",
                 "\xff"
                 "a",
                 "-") == "-\xff-a-");
  CHECK(compiled("\\x{fffd}").matches("\xe2\x82"));
  CHECK(compiled("^..$").matches("\xe2\x82"));
  CHECK_FALSE(compiled("\\xff").matches("\xff"));
}

TEST_CASE("no match begins within a character") {
  CHECK(replaced("\\B", "Aéa", "X") == "Aéa");
  CHECK(replaced("\\B", "aσ/x", "X") == "aσX/x");
  CHECK_FALSE(compiled("\\B").matches("Aéa"));
  CHECK(compiled("\\B").matches("éé"));
}

TEST_CASE("a search is not anchored, and an empty pattern matches everything") {
  CHECK(compiled("bin").matches("/usr/bin/sh"));
  CHECK_FALSE(compiled("^bin").matches("/usr/bin/sh"));
  CHECK(compiled("").matches(""));
  CHECK_FALSE(compiled("^/nix/store/abc-gtk+-3.0").matches("/nix/store/abc-gtk+-3.0"));
}

TEST_CASE("patterns that Go refuses are errors that say why") {
  for (const std::string_view pattern :
       {"(", "a**", "a++", "x{2}{3}", "\\1", "\\Z", "\\C", "(?=a)", "(?!a)", "a{1001}",
        "(a{100}){11}", "[b-a]", "(?P<é>a)", "(?<é>a)", "(?P<a b>x)", "(?P<>x)", "(?P<a", "\\"}) {
    CAPTURE(pattern);
    const auto regexp = go::Regexp::compile(pattern);
    REQUIRE_FALSE(regexp);
    CHECK_FALSE(regexp.error().empty());
  }
}

}  // namespace regexp_test
