#include "registry/server/guard/htpasswd.h"

#include <doctest/doctest.h>

#include <ctime>

#include "base/text.h"
#include "registry/server/guard/login_door.h"

namespace htpasswd_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

// htpasswd -nbBC 4 ada secret
constexpr const char* ada = "ada:$2y$04$9iBduwFWhj2N.vGwio7YbuU.p6XKkEwhzb.3W8Z9DyAoXJS31rXiK";

Reply ask_as(std::string peer, const Handler& handler, HeaderMap headers) {
  const auto body = MemorySource("").open();
  Request request{.method = Method::get,
                  .target = "/v2/",
                  .headers = std::move(headers),
                  .body = *body,
                  .body_size = 0,
                  .peer = std::move(peer)};
  return handler(request);
}

std::shared_ptr<LoginDoor> door_for(std::string_view htpasswd) {
  return std::make_shared<LoginDoor>(Htpasswd::parse(htpasswd).value());
}

HeaderMap right() { return {{"Authorization", "Basic YWRhOnNlY3JldA=="}}; }  // ada:secret
HeaderMap wrong() { return {{"Authorization", "Basic YWRhOnNlY3JlVA=="}}; }  // ada:secreT

}  // namespace

TEST_CASE("a login is right when user and password are") {
  const auto logins = Htpasswd::parse(std::string("# people\n\n") + ada + "\n");
  REQUIRE(logins);
  CHECK(logins->allows({"ada", "secret"}));
  CHECK_FALSE(logins->allows({"ada", "secreT"}));
  CHECK_FALSE(logins->allows({"ada", ""}));
  CHECK_FALSE(logins->allows({"bob", "secret"}));
  CHECK_FALSE(Htpasswd{}.allows({"ada", "secret"}));
}

TEST_CASE("a login is read from the header as it was written there") {
  for (const char* form :
       {"Basic YWRhOnNlY3JldA==", "basic YWRhOnNlY3JldA==", "BASIC  YWRhOnNlY3JldA== "}) {
    CAPTURE(form);
    const auto login = basic_login(form);
    REQUIRE(login);
    CHECK(login->user == "ada");
    CHECK(login->password == "secret");
  }
  for (const char* odd : {"", "Basic", "Basic ", "Basic YWRh", "Basic !!!!",
                          "Bearer YWRhOnNlY3JldA==", "Basic YWRhOnNlY3JldAA="}) {
    CAPTURE(odd);
    CHECK_FALSE(basic_login(odd));
  }
}

TEST_CASE("an unknown user name takes as long as a known one") {
  // htpasswd -nbBC 8: some 15 ms; without a hash it would be a thousandth of that.
  const auto logins =
      Htpasswd::parse("ada:$2y$08$9iBduwFWhj2N.vGwio7YbuU.p6XKkEwhzb.3W8Z9DyAoXJS31rXiK").value();
  const auto time = [&](const char* user) {
    const std::clock_t begun = std::clock();  // of the processor: what else it does does not count
    for (int i = 0; i < 5; ++i) CHECK_FALSE(logins.allows({user, "other"}));
    return std::clock() - begun;
  };
  const auto known = time("ada");
  CHECK(time("bob") > known / 5);
  CHECK(time("") > known / 5);
}

TEST_CASE("a line that is no login is refused by its number") {
  CHECK(Htpasswd::parse("ada\n").error() == "line 1 is not USER:HASH");
  CHECK(Htpasswd::parse("\n:x\n").error() == "line 2 is not USER:HASH");
  CHECK(Htpasswd::parse("ada:$apr1$x$y").error() == "line 1: the hash of ada is not bcrypt");
  CHECK(Htpasswd::parse("ada:rOzS0SnYOPe2c").error() == "line 1: the hash of ada is not bcrypt");
}

TEST_CASE("other logins are in force at once, and those let in by the old ones are asked again") {
  const auto door = std::make_shared<LoginDoor>(Htpasswd::parse(ada).value());
  const Handler handler = with_login(door, [](Request&) { return Reply{.status = 204}; });
  CHECK(ask_as("127.0.0.1:1", handler, right()).status == 204);
  door->renew(Htpasswd::parse("").value());
  CHECK(ask_as("127.0.0.1:1", handler, right()).status == 401);
  door->renew(Htpasswd::parse(ada).value());
  CHECK(ask_as("127.0.0.1:1", handler, right()).status == 204);
}

TEST_CASE("without a login a handler is not reached, and the reply says how to log in") {
  int reached = 0;
  const Handler handler = with_login(door_for(ada), [&](Request&) {
    ++reached;
    return Reply{.status = 204};
  });
  const auto ask = [&](HeaderMap headers) { return ask_as("127.0.0.1:1", handler, headers); };
  const Reply refused = ask({});
  CHECK(refused.status == 401);
  CHECK(refused.headers.get("WWW-Authenticate") == "Basic realm=\"n2c\", charset=\"UTF-8\"");
  CHECK(reached == 0);
  CHECK(ask({{"authorization", "Basic YWRhOnNlY3JldA=="}}).status == 204);
  CHECK(ask({{"authorization", "Basic YWRhOnNlY3JldA=="}}).status == 204);
  CHECK(reached == 2);
}

TEST_CASE("wrong logins make their address wait, and no one else") {
  const Handler handler = with_login(door_for(ada), [](Request&) { return Reply{.status = 204}; });
  CHECK(ask_as("192.0.2.1:1", handler, right()).status == 204);
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    const Reply reply = ask_as(cat("192.0.2.7:", i), handler, wrong());
    if (reply.status == 401) continue;
    CHECK(reply.status == 429);
    CHECK(reply.headers.get("Retry-After") >= "1");
    ++refused;
  }
  CHECK(refused >= 12);
  // The right one is not looked at either, or guessing would go on.
  CHECK(ask_as("192.0.2.7:1", handler, right()).status == 429);
  CHECK(ask_as("192.0.2.8:1", handler, right()).status == 204);
  CHECK(ask_as("192.0.2.1:2", handler, right()).status == 204);
}

TEST_CASE("a login that was right from an address is let in whatever others try from there") {
  const Handler handler = with_login(door_for(ada), [](Request&) { return Reply{.status = 204}; });
  CHECK(ask_as("127.0.0.1:1", handler, right()).status == 204);
  for (int i = 0; i < 10; ++i) ask_as("127.0.0.1:2", handler, wrong());
  CHECK(ask_as("127.0.0.1:2", handler, wrong()).status == 429);
  CHECK(ask_as("127.0.0.1:3", handler, right()).status == 204);
}

}  // namespace htpasswd_test
