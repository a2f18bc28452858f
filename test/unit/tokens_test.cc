#include "registry/client/auth/tokens.h"

#include <doctest/doctest.h>

#include <thread>

#include "base/text.h"
#include "registry/client/failure.h"
#include "test/support/check_fails.h"
#include "test/support/fake_clock.h"
#include "test/support/fake_transport.h"

namespace tokens_test {

using namespace n2c;
using namespace n2c::registry;
using namespace std::chrono_literals;

namespace {

const std::string challenge_line =
    R"(Bearer realm="https://auth.example/token",service="r.example",scope="repository:app:pull")";

http::Response challenged(const std::string& line = challenge_line) {
  return {.status = 401, .headers = {{"WWW-Authenticate", line}}};
}

/// Tokens of r.example, with a script for its token server.
struct Fixture {
  explicit Fixture(std::optional<Credentials> login = {},
                   const char* home = "https://r.example/v2/")
      : auth(std::move(login)),
        tokens("r.example", http::Url::parse(home).value(), auth, clock,
               {.send =
                    [this](const http::Request& request, std::stop_token stop) {
                      return TokenReply{transport.send(request, stop)};
                    },
                .failure =
                    [this](const http::Request& request, const TokenReply& reply,
                           const std::string& repository) {
                      return make_failure(request, reply.response,
                                          {.host = "r.example",
                                           .repository = repository,
                                           .logins = tokens.report(repository)});
                    }}) {}
  std::optional<std::string> after_challenge(const std::string& line = challenge_line) {
    CHECK(tokens.on_refused(challenged(line), scopes, std::nullopt));
    return tokens.authorization(scopes, {});
  }
  test::FakeTransport transport;
  test::FakeClock clock;
  FixedAuth auth;
  Tokens tokens;
  std::vector<Scope> scopes{{.repository = "app", .push = true}};
};

const Credentials user{.username = "user", .password = "pass", .source = "--creds"};

}  // namespace

TEST_CASE("nothing is sent before a challenge") {
  Fixture f(user);
  CHECK_FALSE(f.tokens.authorization(f.scopes, {}));
}

TEST_CASE("Basic is answered with the login; without one there is nothing to try") {
  Fixture f(user);
  CHECK(f.after_challenge("Basic realm=x") == "Basic dXNlcjpwYXNz");
  CHECK_FALSE(f.tokens.on_refused(challenged("Basic"), f.scopes, "Basic dXNlcjpwYXNz"));
  Fixture anonymous;
  CHECK_FALSE(anonymous.tokens.on_refused(challenged("Basic"), anonymous.scopes, std::nullopt));
}

TEST_CASE("a token is asked for pull and push of one repository, with the login") {
  Fixture f(user);
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T1"})"});
  CHECK(f.after_challenge() == "Bearer T1");
  const auto asked = f.transport.requests().front();
  CHECK(asked.line ==
        "GET https://auth.example/token?service=r.example&scope=repository%3Aapp%3Apull%2Cpush&"
        "account=user");
  CHECK(asked.authorization() == "Basic dXNlcjpwYXNz");
}

TEST_CASE("without a login a token is asked for anonymously") {
  Fixture f;
  f.transport.when("GET", "", {.status = 200, .body = R"({"access_token":"T1"})"});
  CHECK(f.after_challenge() == "Bearer T1");
  CHECK(f.transport.requests().front().authorization().empty());
}

TEST_CASE("an identity token is exchanged by OAuth2") {
  Fixture f(Credentials{.identity_token = "refresh me", .source = "file"});
  f.transport.when("POST", "", {.status = 200, .body = R"({"access_token":"T1"})"});
  CHECK(f.after_challenge() == "Bearer T1");
  const auto asked = f.transport.requests().front();
  CHECK(asked.line == "POST https://auth.example/token");
  CHECK(asked.body ==
        "grant_type=refresh_token&service=r.example&client_id=n2c&"
        "scope=repository%3Aapp%3Apull%2Cpush&refresh_token=refresh%20me");
}

TEST_CASE("a registry token is used as it is, at once, and is never renewed") {
  Fixture f(Credentials{.registry_token = "RT", .source = "--registry-token"});
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer RT");
  CHECK_FALSE(f.tokens.on_refused(challenged(), f.scopes, "Bearer RT"));
}

TEST_CASE("a token is renewed before it expires, by our own clock") {
  Fixture f;
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
  Fixture f;
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T1"})"});
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T2"})"});
  CHECK(f.after_challenge() == "Bearer T1");
  CHECK(f.tokens.on_refused(challenged(), f.scopes, "Bearer T1"));
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T2");
  CHECK(f.tokens.on_refused(challenged(), f.scopes, "Bearer T1"));
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T2");
}

TEST_CASE("a challenge that nobody can answer is none") {
  Fixture f(user);
  for (const char* line : {"Negotiate", "Bearer realm=\"\"", "Bearer", "Bearer realm=\"x", "="}) {
    CAPTURE(line);
    CHECK_FALSE(f.tokens.on_refused(challenged(line), f.scopes, std::nullopt));
    CHECK_FALSE(f.tokens.authorization(f.scopes, {}));
  }
}

TEST_CASE("of two challenges Bearer is answered, in whatever order they come") {
  for (const std::string& line :
       {"Basic realm=x, " + challenge_line, challenge_line + ", Basic realm=x",
        "Bearer, " + challenge_line}) {
    CAPTURE(line);
    Fixture f(user);
    f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
    CHECK(f.after_challenge(line) == "Bearer T");
  }
}

TEST_CASE("a login that was refused once does not help where none is known to be wanted") {
  Fixture anonymous;
  CHECK_FALSE(anonymous.tokens.on_refused(challenged("Basic"), anonymous.scopes, std::nullopt));
  CHECK_FALSE(anonymous.tokens.authorization(anonymous.scopes, {}));
  CHECK(anonymous.tokens.report("app").sent.empty());
}

TEST_CASE("a token for no repository, and one for several, is asked for as such") {
  Fixture none;
  none.scopes.clear();
  none.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  CHECK(none.after_challenge(R"(Bearer realm="https://auth.example/token")") == "Bearer T");
  CHECK(none.transport.requests().front().line == "GET https://auth.example/token");

  Fixture two;
  two.scopes.push_back({.repository = "base"});
  two.transport.when("GET", "", test::refusal(403, "DENIED", "no"));
  two.tokens.on_refused(challenged(), two.scopes, std::nullopt);
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
    Fixture f;
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

TEST_CASE("a reply without a token that a header can hold is an error that says so") {
  for (const char* body : {"", "no JSON", "{}", R"({"token":""})", R"({"token":"a b"})",
                           R"({"token":"a\nb"})", R"({"token":"a\u007f"})"}) {
    CAPTURE(body);
    Fixture f;
    f.transport.when("GET", "", {.status = 200, .body = body});
    f.tokens.on_refused(challenged(), f.scopes, std::nullopt);
    try {
      f.tokens.authorization(f.scopes, {});
      FAIL("got a token");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::registry);
      CHECK(error.message().find("answered without a token") != std::string::npos);
    }
  }
}

TEST_CASE("a token server whose address is none is an error that names the registry") {
  Fixture f;
  f.tokens.on_refused(challenged(R"(Bearer realm="ftp://auth.example/")"), f.scopes, std::nullopt);
  try {
    f.tokens.authorization(f.scopes, {});
    FAIL("got a token");
  } catch (const Error& error) {
    CHECK(error.message().find("the token server that r.example names") != std::string::npos);
  }
}

TEST_CASE("however many threads ask, a token is fetched once for each scope") {
  Fixture f;
  f.transport.always("GET", "", {.status = 200, .body = R"({"token":"T","expires_in":300})"});
  f.tokens.on_refused(challenged(), f.scopes, std::nullopt);
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

TEST_CASE("a scope of the registry's own is asked for (ECR Public's \"aws\": helm#12491)") {
  Fixture f;
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  f.after_challenge(R"(Bearer realm="https://auth.example/",service="s",scope="aws")");
  CHECK(f.transport.requests().front().line == "GET https://auth.example/?service=s&scope=aws");
}

TEST_CASE("the login is not sent in the clear for a registry that speaks HTTPS") {
  Fixture f(user);
  f.tokens.on_refused(challenged(R"(Bearer realm="http://auth.example/token")"), f.scopes,
                      std::nullopt);
  CHECK_FAILS(f.tokens.authorization(f.scopes, {}), ErrorKind::auth, "in the clear");
  CHECK(f.transport.requests().empty());
  Fixture plain(user, "http://127.0.0.1:5000/v2/");
  plain.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  CHECK(plain.after_challenge(R"(Bearer realm="http://127.0.0.1:5001/token")") == "Bearer T");
}

TEST_CASE("a refused login is an auth error that names neither login nor token") {
  Fixture f(user);
  f.transport.when("GET", "", test::refusal(401, "UNAUTHORIZED", "wrong password"));
  f.tokens.on_refused(challenged(), f.scopes, std::nullopt);
  try {
    f.tokens.authorization(f.scopes, {});
    FAIL("got a token");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::auth);
    CHECK(error.message() ==
          "asking for a token for repository:app:pull,push: GET "
          "https://auth.example/token?service=…&scope=…&account=…: 401 UNAUTHORIZED: wrong "
          "password");
    CHECK(error.hint().find("--creds") != std::string::npos);
  }
}

}  // namespace tokens_test
