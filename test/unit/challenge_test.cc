#include "registry/client/auth/challenge.h"

#include <doctest/doctest.h>

namespace challenge_test {

using namespace n2c;
using registry::Challenge;
using registry::parse_challenges;

TEST_CASE("a bearer challenge is read with commas inside its scope") {
  const auto challenges = parse_challenges(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push")");
  REQUIRE(challenges);
  REQUIRE(challenges->size() == 1);
  const Challenge& bearer = challenges->front();
  CHECK(bearer.scheme == "bearer");
  CHECK(bearer.at("realm") == "https://auth.docker.io/token");
  CHECK(bearer.at("service") == "registry.docker.io");
  CHECK(bearer.at("scope") == "repository:a/b:pull,push");
  CHECK(bearer.at("error").empty());
}

TEST_CASE("two challenges on one line are two") {
  const auto challenges =
      parse_challenges(R"(Basic realm="x", Bearer realm="https://t/",Service=y)");
  REQUIRE(challenges);
  REQUIRE(challenges->size() == 2);
  CHECK(challenges->at(0).scheme == "basic");
  CHECK(challenges->at(1).at("service") == "y");
}

TEST_CASE("what servers do to the grammar is borne: no quotes, spaces, escapes, no parameters") {
  CHECK(parse_challenges("Basic")->front() == Challenge{"basic", {}});
  CHECK(parse_challenges("BEARER realm = https://t/x , scope = aws")->front() ==
        Challenge{"bearer", {{"realm", "https://t/x"}, {"scope", "aws"}}});
  CHECK(parse_challenges(R"(Basic realm="say \"hi\"")")->front().at("realm") == R"(say "hi")");
  CHECK(parse_challenges("")->empty());
}

TEST_CASE("tabs and empty places between challenges are borne, as are signs in tokens") {
  const auto challenges = parse_challenges("\t, Basic\trealm=\tx\t,,\tBearer a-1_Z=Y/z:9~");
  REQUIRE(challenges);
  CHECK(*challenges ==
        std::vector<Challenge>{{"basic", {{"realm", "x"}}}, {"bearer", {{"a-1_z", "Y/z:9~"}}}});
}

TEST_CASE("a quoted string that ends behind its backslash does not end") {
  CHECK(parse_challenges("Basic realm=\"x\\").error() == "a quoted string does not end");
}

TEST_CASE("what no token may hold is no scheme") {
  for (const char* header : {"[", "{", "@", "<", "\x80", "Basic a=1 (", "="}) {
    CAPTURE(header);
    CHECK_FALSE(parse_challenges(header));
  }
}

TEST_CASE("what is no challenge is said to be none") {
  CHECK_FALSE(parse_challenges(R"(realm="x")"));
  CHECK_FALSE(parse_challenges(R"(Basic realm="x)"));
  CHECK_FALSE(parse_challenges(R"("")"));
}

}  // namespace challenge_test
