#include "registry/client/auth/tokens.h"

#include <doctest/doctest.h>

#include <thread>

#include "base/text.h"
#include "test/support/check_fails.h"
#include "test/support/token_scene.h"

namespace tokens_test {

using namespace n2c;
using namespace n2c::registry;
using namespace std::chrono_literals;
using test::challenge_line;
using test::token_challenge;
using test::TokenScene;
using test::user;

TEST_CASE("nothing is sent before a challenge") {
  TokenScene f(user);
  CHECK_FALSE(f.tokens.authorization(f.scopes, {}));
}

TEST_CASE("Basic is answered with the login; without one there is nothing to try") {
  TokenScene f(user);
  CHECK(f.after_challenge("Basic realm=x") == "Basic dXNlcjpwYXNz");
  CHECK_FALSE(f.tokens.on_refused(token_challenge("Basic"), f.scopes, "Basic dXNlcjpwYXNz"));
  TokenScene anonymous;
  CHECK_FALSE(
      anonymous.tokens.on_refused(token_challenge("Basic"), anonymous.scopes, std::nullopt));
}

TEST_CASE("a token is asked for pull and push of one repository, with the login") {
  TokenScene f(user);
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T1"})"});
  CHECK(f.after_challenge() == "Bearer T1");
  const auto asked = f.transport.requests().front();
  CHECK(asked.line ==
        "GET https://auth.example/token?service=r.example&scope=repository%3Aapp%3Apull%2Cpush&"
        "account=user");
  CHECK(asked.authorization() == "Basic dXNlcjpwYXNz");
}

TEST_CASE("without a login a token is asked for anonymously") {
  TokenScene f;
  f.transport.when("GET", "", {.status = 200, .body = R"({"access_token":"T1"})"});
  CHECK(f.after_challenge() == "Bearer T1");
  CHECK(f.transport.requests().front().authorization().empty());
}

TEST_CASE("an identity token is exchanged by OAuth2") {
  TokenScene f(Credentials{.identity_token = "refresh me", .source = "file"});
  f.transport.when("POST", "", {.status = 200, .body = R"({"access_token":"T1"})"});
  CHECK(f.after_challenge() == "Bearer T1");
  const auto asked = f.transport.requests().front();
  CHECK(asked.line == "POST https://auth.example/token");
  CHECK(asked.body ==
        "grant_type=refresh_token&service=r.example&client_id=n2c&"
        "scope=repository%3Aapp%3Apull%2Cpush&refresh_token=refresh%20me");
}

TEST_CASE("a registry token is used as it is, at once, and is never renewed") {
  TokenScene f(Credentials{.registry_token = "RT", .source = "--registry-token"});
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer RT");
  CHECK_FALSE(f.tokens.on_refused(token_challenge(), f.scopes, "Bearer RT"));
}

TEST_CASE("a token is renewed before it expires, by our own clock") {
  TokenScene f;
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T1","expires_in":300})"});
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T2","expires_in":60})"});
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T3"})"});
  CHECK(f.after_challenge() == "Bearer T1");
  f.clock.advance(239s);
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T1");
  f.clock.advance(1s);
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T2");
  f.clock.advance(44s);
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T2");
  f.clock.advance(1s);
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T3");
}

TEST_CASE("a refused token is fetched anew; one that another thread renewed is used") {
  TokenScene f;
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T1"})"});
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T2"})"});
  CHECK(f.after_challenge() == "Bearer T1");
  CHECK(f.tokens.on_refused(token_challenge(), f.scopes, "Bearer T1"));
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T2");
  CHECK(f.tokens.on_refused(token_challenge(), f.scopes, "Bearer T1"));
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T2");
}

TEST_CASE(
    "a token of a request's own is fetched where there are tokens, and is the login elsewhere") {
  TokenScene f(user);
  CHECK_FALSE(f.tokens.has_tokens());
  CHECK_FALSE(f.tokens.authorization_of_its_own(f.scopes, {}));
  CHECK(f.after_challenge("Basic realm=x") == "Basic dXNlcjpwYXNz");
  CHECK_FALSE(f.tokens.has_tokens());
  CHECK(f.tokens.authorization_of_its_own(f.scopes, {}) == "Basic dXNlcjpwYXNz");
  TokenScene g(user);
  g.transport.when("GET", "", {.status = 200, .body = R"({"token":"T1"})"});
  g.transport.when("GET", "", {.status = 200, .body = R"({"token":"T2"})"});
  CHECK(g.after_challenge() == "Bearer T1");
  CHECK(g.tokens.has_tokens());
  CHECK(g.tokens.authorization_of_its_own(g.scopes, {}) == "Bearer T2");
  CHECK(g.tokens.authorization(g.scopes, {}) == "Bearer T1");
}

TEST_CASE("a challenge that nobody can answer is none") {
  TokenScene f(user);
  for (const char* line : {"Negotiate", "Bearer realm=\"\"", "Bearer", "Bearer realm=\"x", "="}) {
    CAPTURE(line);
    CHECK_FALSE(f.tokens.on_refused(token_challenge(line), f.scopes, std::nullopt));
    CHECK_FALSE(f.tokens.authorization(f.scopes, {}));
  }
}

TEST_CASE("of two challenges Bearer is answered, in whatever order they come") {
  for (const std::string& line :
       {"Basic realm=x, " + challenge_line, challenge_line + ", Basic realm=x",
        "Bearer, " + challenge_line}) {
    CAPTURE(line);
    TokenScene f(user);
    f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
    CHECK(f.after_challenge(line) == "Bearer T");
  }
}

TEST_CASE("a login that was refused once does not help where none is known to be wanted") {
  TokenScene anonymous;
  CHECK_FALSE(
      anonymous.tokens.on_refused(token_challenge("Basic"), anonymous.scopes, std::nullopt));
  CHECK_FALSE(anonymous.tokens.authorization(anonymous.scopes, {}));
  CHECK(anonymous.tokens.report("app").sent.empty());
}

TEST_CASE("a token for no repository, and one for several, is asked for as such") {
  TokenScene none;
  none.scopes.clear();
  none.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  CHECK(none.after_challenge(R"(Bearer realm="https://auth.example/token")") == "Bearer T");
  CHECK(none.transport.requests().front().line == "GET https://auth.example/token");

  TokenScene two;
  two.scopes.push_back({.repository = "base"});
  two.transport.when("GET", "", test::refusal(403, "DENIED", "no"));
  two.tokens.on_refused(token_challenge(), two.scopes, std::nullopt);
  try {
    two.tokens.authorization(two.scopes, {});
    FAIL("got a token");
  } catch (const Error& error) {
    CHECK(error.message().starts_with(
        "asking for a token for repository:app:pull,push repository:base:pull: "));
  }
}

TEST_CASE("a token lives a minute when its server says nothing that can be believed") {
  for (const char* life : {"\"soon\"", "0", "-5", "null"}) {
    CAPTURE(life);
    TokenScene f;
    f.transport.when("GET", "",
                     {.status = 200, .body = cat(R"({"token":"T1","expires_in":)", life, "}")});
    f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T2"})"});
    CHECK(f.after_challenge() == "Bearer T1");
    f.clock.advance(44s);
    CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T1");
    f.clock.advance(1s);
    CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T2");
  }
}

TEST_CASE("however many threads ask, a token is fetched once for each scope") {
  TokenScene f;
  f.transport.always("GET", "", {.status = 200, .body = R"({"token":"T","expires_in":300})"});
  f.tokens.on_refused(token_challenge(), f.scopes, std::nullopt);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&] { f.tokens.authorization(f.scopes, {}); });
    }
  }
  CHECK(f.transport.requests().size() == 1);
  f.tokens.authorization(std::vector<Scope>{{.repository = "other"}}, {});
  CHECK(f.transport.requests().size() == 2);
}

TEST_CASE("a realm may be a path of the registry; a word alone is no address") {
  TokenScene f;
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  CHECK(f.after_challenge(R"(Bearer realm="/token")") == "Bearer T");
  CHECK(f.transport.requests().front().line.starts_with("GET https://r.example/token?scope="));
  TokenScene word;
  word.tokens.on_refused(token_challenge(R"(Bearer realm="token")"), word.scopes, std::nullopt);
  CHECK_FAILS(word.tokens.authorization(word.scopes, {}), ErrorKind::auth, "not a URL");
}

TEST_CASE("what a registry asks at its base is answered where nothing is known yet") {
  TokenScene f(user);
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  CHECK_FALSE(f.tokens.on_base_challenge(token_challenge("Negotiate"), f.scopes));
  CHECK(f.tokens.on_base_challenge(token_challenge(), f.scopes));
  CHECK(f.tokens.on_base_challenge(token_challenge("Basic"), f.scopes));
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T");
  TokenScene anonymous;
  CHECK_FALSE(anonymous.tokens.on_base_challenge(token_challenge("Basic"), anonymous.scopes));
}

TEST_CASE("what is removed is asked for with the right to delete") {
  CHECK(Scope{.repository = "app", .push = true, .remove = true}.str() ==
        "repository:app:pull,push,delete");
  CHECK(Scope{.repository = "app", .push = true}.str() == "repository:app:pull,push");
}

TEST_CASE("a scope of the registry's own is asked for (ECR Public's \"aws\": helm#12491)") {
  TokenScene f;
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  f.after_challenge(R"(Bearer realm="https://auth.example/",service="s",scope="aws")");
  CHECK(f.transport.requests().front().line == "GET https://auth.example/?service=s&scope=aws");
}

}  // namespace tokens_test
