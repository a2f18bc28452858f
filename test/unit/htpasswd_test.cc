#include "registry/server/htpasswd.h"

#include <doctest/doctest.h>

using namespace n2c;
using namespace n2c::registry;

namespace {

// htpasswd -nbBC 4 ada secret
constexpr const char* ada = "ada:$2y$04$9iBduwFWhj2N.vGwio7YbuU.p6XKkEwhzb.3W8Z9DyAoXJS31rXiK";

}  // namespace

TEST_CASE("a login is right when user and password are") {
  const auto logins = Htpasswd::parse(std::string("# people\n\n") + ada + "\n");
  REQUIRE(logins);
  CHECK(logins->allows("Basic YWRhOnNlY3JldA=="));  // ada:secret
  CHECK(logins->allows("basic YWRhOnNlY3JldA=="));
  CHECK_FALSE(logins->allows("Basic YWRhOnNlY3JlVA=="));  // ada:secreT
  CHECK_FALSE(logins->allows("Basic Ym9iOnNlY3JldA=="));  // bob:secret
  for (const char* odd : {"", "Basic", "Basic ", "Basic YWRh", "Basic !!!!",
                          "Bearer YWRhOnNlY3JldA==", "Basic YWRhOnNlY3JldAA="}) {
    CAPTURE(odd);
    CHECK_FALSE(logins->allows(odd));
  }
}

TEST_CASE("a line that is no login is refused by its number") {
  CHECK(Htpasswd::parse("ada\n").error() == "line 1 is not USER:HASH");
  CHECK(Htpasswd::parse("\n:x\n").error() == "line 2 is not USER:HASH");
  CHECK(Htpasswd::parse("ada:$apr1$x$y").error() == "line 1: the hash of ada is not bcrypt");
  CHECK(Htpasswd::parse("ada:rOzS0SnYOPe2c").error() == "line 1: the hash of ada is not bcrypt");
}

TEST_CASE("without a login a handler is not reached, and the reply says how to log in") {
  int reached = 0;
  const Handler handler = with_login(Htpasswd::parse(ada).value(), [&](Exchange&) {
    ++reached;
    return Reply{.status = 204};
  });
  const auto ask = [&](HeaderMap headers) {
    const auto body = MemorySource("").open();
    Exchange exchange{Verb::get, "/v2/", std::move(headers), *body, 0};
    return handler(exchange);
  };
  const Reply refused = ask({});
  CHECK(refused.status == 401);
  CHECK(refused.headers.get("WWW-Authenticate") == "Basic realm=\"n2c\", charset=\"UTF-8\"");
  CHECK(reached == 0);
  CHECK(ask({{"authorization", "Basic YWRhOnNlY3JldA=="}}).status == 204);
  CHECK(ask({{"authorization", "Basic YWRhOnNlY3JldA=="}}).status == 204);
  CHECK(reached == 2);
}
