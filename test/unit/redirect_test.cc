#include "registry/client/redirect.h"

#include <doctest/doctest.h>

namespace redirect_test {

using namespace n2c;
using registry::follow;

namespace {

http::Url url(const char* text) { return http::Url::parse(text).value(); }

}  // namespace

TEST_CASE("the login goes with a Location of the same origin only (Azure/acr#217)") {
  const auto home = url("https://r.example/v2/");
  struct Row {
    const char* location;
    const char* to;
    bool login;
  };
  const Row rows[] = {
      {"/v2/a/blobs/uploads/1?_state=x", "https://r.example/v2/a/blobs/uploads/1?_state=x", true},
      {"https://r.example:443/v2/x", "https://r.example/v2/x", true},
      {"https://cdn.example/b?sig=1", "https://cdn.example/b?sig=1", false},
      {"https://r.example:8443/x", "https://r.example:8443/x", false},
      {"https://r.example.evil/x", "https://r.example.evil/x", false},
      {"//s3.example/x", "https://s3.example/x", false},
      {"https://r.example/v2/a%2Fb/", "https://r.example/v2/a%2Fb/", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.location);
    const auto hop = follow(home, url("https://r.example/v2/a/blobs/uploads/"), row.location);
    REQUIRE(hop);
    CHECK(hop->to.str() == row.to);
    CHECK(hop->with_authorization == row.login);
  }
}

TEST_CASE("a relative Location is taken from what answered (containerd#11949)") {
  const auto hop = follow(url("https://r.example/v2/"), url("https://s.example/x/y/z"), "q?u=1");
  CHECK(hop->to.str() == "https://s.example/x/y/q?u=1");
}

TEST_CASE("a registry behind TLS that calls itself http stays https") {
  const auto home = url("https://r.example:5000/v2/");
  CHECK(follow(home, home, "http://r.example:5000/v2/u")->to.str() ==
        "https://r.example:5000/v2/u");
  CHECK(follow(home, home, "http://r.example/v2/u")->to.str() == "https://r.example:5000/v2/u");
  CHECK(follow(home, home, "http://r.example/v2/u")->with_authorization);
}

TEST_CASE("the login follows from http to the same host's https, never the other way") {
  CHECK(follow(url("http://r.example/v2/"), url("http://r.example/v2/"), "https://r.example/v2/")
            ->with_authorization);
  CHECK_FALSE(follow(url("https://r.example/v2/"), url("https://r.example/v2/"),
                     "http://r.example:81/v2/", {.verified = true})
                  ->with_authorization);
}

TEST_CASE("a way from https to plain http is for what is verified, or where it was allowed (#16)") {
  const auto home = url("https://r.example/v2/");
  const auto plain = url("http://r.example/v2/");
  const auto storage = url("https://s3.example/b");
  struct Row {
    http::Url home, from;
    const char* location;
    bool leaves_tls;
  };
  const Row rows[] = {
      {home, home, "http://s3.example/b", true},
      {home, home, "http://r.example:81/b", true},
      {home, storage, "http://s3.example/b", true},
      {home, url("http://s3.example/b"), "/c", true},
      {plain, storage, "http://s3.example/b", true},
      {home, home, "http://r.example/b", false},  // the registry's own, which stays https
      {home, home, "//s3.example/b", false},
      {plain, plain, "http://s3.example/b", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.location);
    CHECK(follow(row.home, row.from, row.location).has_value() == !row.leaves_tls);
    for (const registry::Freight freight :
         {registry::Freight{.verified = true}, registry::Freight{.allow_plain_http = true}}) {
      const auto hop = follow(row.home, row.from, row.location, freight);
      REQUIRE(hop);
      CHECK(hop->leaves_tls == row.leaves_tls);
    }
  }
}

TEST_CASE("a body that is a login goes to home alone (#16)") {
  const auto home = url("https://auth.example/token");
  const registry::Freight login{.secret_body = true, .allow_plain_http = true};
  CHECK(follow(home, home, "/other", login));
  CHECK(follow(home, home, "http://auth.example/other", login)->to.is_https());
  CHECK_FALSE(follow(home, home, "https://auth.example:444/", login));
  CHECK_FALSE(follow(home, home, "http://auth.example:81/", login));
  CHECK_FALSE(follow(home, home, "https://r.example/", login));
  const auto plain = url("http://auth.example/token");
  CHECK(follow(plain, plain, "https://auth.example/token", login));
  CHECK_FALSE(follow(plain, plain, "http://auth.example:81/token", login));
}

TEST_CASE(
    "a registry that calls itself http keeps its query, and no port but its own becomes https") {
  const auto home = url("https://r.example:5000/v2/");
  CHECK(follow(home, home, "http://r.example/u?_state=x")->to.str() ==
        "https://r.example:5000/u?_state=x");
  CHECK_FALSE(follow(home, home, "http://r.example:81/u"));
}

TEST_CASE("the login follows to https on its own port only, from http on its own") {
  const auto plain = url("http://r.example/v2/");
  CHECK_FALSE(follow(plain, plain, "https://r.example:444/v2/")->with_authorization);
  CHECK_FALSE(follow(plain, plain, "https://s.example/v2/")->with_authorization);
  CHECK_FALSE(follow(plain, plain, "http://r.example:81/v2/")->with_authorization);
  const auto other = url("http://r.example:8080/v2/");
  CHECK_FALSE(follow(other, other, "https://r.example/v2/")->with_authorization);
  const auto home = url("https://r.example:444/v2/");
  CHECK_FALSE(follow(home, home, "https://r.example/v2/")->with_authorization);
}

TEST_CASE("which addresses are private") {
  for (const char* host :
       {"::", "[::]", "::1", "[fc00::1]", "[fdff::1]", "[febf::1]", "LOCALHOST", "a.localhost",
        "localhost:5000", "[127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:a00:1]"}) {
    CAPTURE(host);
    CHECK(registry::nearness_of(host) != registry::Nearness::anywhere);
  }
  for (const char* host : {"[2001:db8::1]", "[fec0::1]", "[fe00::1]", "[::ffff:8.8.8.8]", "[::1",
                           "::1]", "r.example", "localhost.example", "11.0.0.1", "100.128.0.1",
                           "[::2]", "[::1:0:0:1]", "[::fffe:7f00:1]"}) {
    CAPTURE(host);
    CHECK(registry::nearness_of(host) == registry::Nearness::anywhere);
  }
}

TEST_CASE("a registry of this machine may lead to another of its addresses, and into the world") {
  const auto home = url("http://127.0.0.1:5000/v2/");
  CHECK(follow(home, home, "http://127.0.0.2:5000/b")->to.str() == "http://127.0.0.2:5000/b");
  CHECK(follow(home, home, "https://cdn.example/b"));
  CHECK_FALSE(follow(home, home, "http://10.0.0.1/b"));
}

TEST_CASE("302 and 308 are redirects to every method, 303 to HEAD, and other statuses are none") {
  using http::Method;
  CHECK(registry::is_redirect(302, Method::put));
  CHECK(registry::is_redirect(308, Method::post));
  CHECK(registry::is_redirect(303, Method::head));
  CHECK_FALSE(registry::is_redirect(300, Method::get));
  CHECK_FALSE(registry::is_redirect(200, Method::get));
}

TEST_CASE("nothing leads to a file or to a private address the user did not name") {
  const auto home = url("https://r.example/v2/");
  for (const char* location :
       {"file:///etc/passwd", "ftp://x/", "http://127.0.0.1/", "http://169.254.169.254/latest",
        "https://10.1.2.3/", "https://192.168.0.1/", "https://172.31.0.1/", "https://100.64.0.1/",
        "http://localhost:8080/", "http://[::1]/", "http://[fd00::1]/", "http://[fe80::1]/",
        "http://[::ffff:10.0.0.1]/", "http://0/", "http://127.1/", "http://2130706433/"}) {
    CAPTURE(location);
    CHECK_FALSE(follow(home, home, location));
  }
  CHECK(follow(home, home, "https://172.32.0.1/"));
  CHECK(follow(home, home, "https://8.8.8.8/"));
}

TEST_CASE("a registry on loopback may lead to another port of loopback, and to itself") {
  const auto home = url("http://127.0.0.1:5000/v2/");
  const auto hop = follow(home, home, "http://127.0.0.1:6000/blob");
  REQUIRE(hop);
  CHECK_FALSE(hop->with_authorization);
  const auto lan = url("http://192.168.0.1:5000/v2/");
  CHECK(follow(lan, lan, "http://192.168.0.1:9000/blob"));
  CHECK_FALSE(follow(lan, lan, "http://192.168.0.2:9000/blob"));
}

TEST_CASE("303 changes the method, so only GET and HEAD follow it") {
  using http::Method;
  CHECK(registry::is_redirect(303, Method::get));
  CHECK_FALSE(registry::is_redirect(303, Method::put));
  CHECK(registry::is_redirect(301, Method::post));
  CHECK(registry::is_redirect(307, Method::put));
  CHECK_FALSE(registry::is_redirect(304, Method::get));
}

}  // namespace redirect_test
