/// What a token server refuses or answers wrongly, and which login is tried next.

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "base/text.h"
#include "test/support/check_fails.h"
#include "test/support/token_scene.h"

namespace token_refusals_test {

using namespace n2c;
using namespace n2c::registry;
using test::challenge_line;
using test::token_challenge;
using test::TokenScene;
using test::user;

TEST_CASE("a reply without a token that a header can hold is an error that says so") {
  for (const char* body : {"", "no JSON", "{}", R"({"token":""})", R"({"token":"a b"})",
                           R"({"token":"a\nb"})", R"({"token":"a\u007f"})"}) {
    CAPTURE(body);
    TokenScene f;
    f.transport.when("GET", "", {.status = 200, .body = body});
    f.tokens.on_refused(token_challenge(), f.scopes, std::nullopt);
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
  TokenScene f;
  f.tokens.on_refused(token_challenge(R"(Bearer realm="ftp://auth.example/")"), f.scopes,
                      std::nullopt);
  try {
    f.tokens.authorization(f.scopes, {});
    FAIL("got a token");
  } catch (const Error& error) {
    CHECK(error.message().find("the token server that r.example names") != std::string::npos);
  }
}

TEST_CASE("threads that waited for a token that was refused share the refusal") {
  // Whether a thread waits is seen by what it asks alone, so rounds are made until one did.
  bool shared = false;
  for (int round = 0; round < 1000 && !shared; ++round) {
    TokenScene f;
    constexpr int threads = 8;
    std::atomic<int> begun = 0;
    std::atomic<int> refused = 0;
    f.transport.when(
        "GET", "",
        [&](const test::SeenRequest&) {
          while (begun < threads) std::this_thread::yield();
          return test::refusal(403, "DENIED", "no");
        },
        threads);
    f.tokens.on_refused(token_challenge(), f.scopes, std::nullopt);
    {
      std::vector<std::jthread> askers;
      for (int i = 0; i < threads; ++i) {
        askers.emplace_back([&] {
          ++begun;
          try {
            f.tokens.authorization(f.scopes, {});
          } catch (const Error& error) {
            refused += error.message().contains("403");
          }
        });
      }
    }
    CHECK(refused == threads);
    shared = f.transport.requests().size() < threads;
  }
  CHECK(shared);
}

TEST_CASE("a token that nobody waited for to its end is asked for again") {
  TokenScene f;
  f.transport.when("GET", "", [](const test::SeenRequest&) -> http::Response {
    throw Error(ErrorKind::cancelled, "stopped");
  });
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  f.tokens.on_refused(token_challenge(), f.scopes, std::nullopt);
  CHECK_FAILS(f.tokens.authorization(f.scopes, {}), ErrorKind::cancelled, "stopped");
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T");
}

TEST_CASE("what keeps a request from the token server is about logging in, with a hint") {
  const auto failing = [](Error error) {
    return [=](const test::SeenRequest&) -> http::Response { throw error; };
  };
  TokenScene f;
  f.transport.when("GET", "", failing({ErrorKind::registry, "led astray"}));
  f.transport.when("GET", "", failing({ErrorKind::registry, "led astray", "look there"}));
  f.transport.when("GET", "", failing({ErrorKind::network, "no way"}));
  f.tokens.on_refused(token_challenge(), f.scopes, std::nullopt);
  const auto hint = [&] {
    try {
      f.tokens.authorization(f.scopes, {});
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::auth);
      return error.hint();
    }
    return std::string("a token");
  };
  CHECK(hint().contains("https://auth.example/token"));
  CHECK(hint() == "look there");
  CHECK_FAILS(f.tokens.authorization(f.scopes, {}), ErrorKind::network, "no way");
}

TEST_CASE("a login is followed by another only after it was sent, and where there is one") {
  TokenScene f(user);
  CHECK_FALSE(f.tokens.try_next_login(f.scopes, f.tokens.login_turn(f.scopes)));
  CHECK(f.after_challenge("Basic realm=x"));
  CHECK_FALSE(f.tokens.try_next_login(f.scopes, f.tokens.login_turn(f.scopes)));

  TokenScene two(user);
  two.auth.logins.push_back({.username = "u2", .password = "p2", .source = "a file"});
  CHECK_FALSE(two.tokens.try_next_login(two.scopes, two.tokens.login_turn(two.scopes)));
  CHECK(two.after_challenge("Basic realm=x") == "Basic dXNlcjpwYXNz");
  CHECK(two.tokens.try_next_login(two.scopes, two.tokens.login_turn(two.scopes)));
  CHECK(two.tokens.authorization(two.scopes, {}) == "Basic dTI6cDI=");
}

TEST_CASE("a token server's 400 refuses an identity token, and another login is tried") {
  TokenScene f(Credentials{.identity_token = "I", .source = "a file"});
  f.auth.logins.push_back(user);
  f.transport.when("POST", "", test::refusal(400, "BAD", "no"));
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  CHECK(f.after_challenge() == "Bearer T");

  TokenScene password(user);
  password.auth.logins.push_back({.identity_token = "I", .source = "a file"});
  password.transport.when("GET", "", test::refusal(400, "BAD", "no"));
  password.tokens.on_refused(token_challenge(), password.scopes, std::nullopt);
  CHECK_FAILS(password.tokens.authorization(password.scopes, {}), ErrorKind::registry, "400");
  CHECK(password.transport.requests().size() == 1);
}

TEST_CASE("a mount that is denied says nothing of the login, which is kept") {
  TokenScene f(user);
  const std::vector<Scope> mount{{.repository = "app", .push = true}, {.repository = "base"}};
  f.transport.when("GET", "", test::refusal(401, "DENIED", "no"));
  f.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  f.tokens.on_refused(token_challenge(), mount, std::nullopt);
  CHECK_FAILS(f.tokens.authorization(mount, {}), ErrorKind::auth, "401");
  CHECK(f.tokens.authorization(f.scopes, {}) == "Bearer T");
  CHECK(f.transport.requests().back().authorization() == "Basic dXNlcjpwYXNz");
}

TEST_CASE("the login is not sent in the clear for a registry that speaks HTTPS") {
  TokenScene f(user);
  f.tokens.on_refused(token_challenge(R"(Bearer realm="http://auth.example/token")"), f.scopes,
                      std::nullopt);
  CHECK_FAILS(f.tokens.authorization(f.scopes, {}), ErrorKind::auth, "in the clear");
  CHECK(f.transport.requests().empty());
  TokenScene plain(user, "http://127.0.0.1:5000/v2/");
  plain.transport.when("GET", "", {.status = 200, .body = R"({"token":"T"})"});
  CHECK(plain.after_challenge(R"(Bearer realm="http://127.0.0.1:5001/token")") == "Bearer T");
}

TEST_CASE("a refused login is an auth error that names neither login nor token") {
  TokenScene f(user);
  f.transport.when("GET", "", test::refusal(401, "UNAUTHORIZED", "wrong password"));
  f.tokens.on_refused(token_challenge(), f.scopes, std::nullopt);
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

}  // namespace token_refusals_test
