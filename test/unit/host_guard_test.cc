#include "registry/server/guard/host_guard.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace host_guard_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

Reply ask(const HostRules& rules, HeaderMap headers) {
  const auto guarded = with_host_guard(rules, [](Request&) { return Reply{.status = 200}; });
  const auto body = MemorySource("").open();
  Request request{Method::post, "/v2/", std::move(headers), *body, 0};
  return guarded(request);
}

int status(const HostRules& rules, HeaderMap headers) {
  return ask(rules, std::move(headers)).status;
}

}  // namespace

TEST_CASE("a Host that is no loopback name or address is refused, and what allows it is said") {
  for (const char* host : {"localhost", "LOCALHOST:5000", "localhost.:1", "k3d-r.localhost:5000",
                           "127.0.0.1", "127.0.0.1:5000", "127.255.0.3", "[::1]", "[::1]:5000"}) {
    CAPTURE(host);
    CHECK(status({}, {{"Host", host}}) == 200);
  }
  for (const char* host :
       {"", "evil.example", "evil.example:5000", "127.0.0.1.evil.example", "localhost.evil.example",
        "notlocalhost", "0.0.0.0", "192.168.0.1", "127.1", "2130706433", "[::2]", "[::]",
        "host.docker.internal:5000", "127.0.0.256", "127.0.0.010"}) {
    CAPTURE(host);
    CHECK(status({}, {{"Host", host}}) == 403);
  }
  CHECK(
      std::get<std::string>(ask({}, {{"Host", "evil.example"}}).body) ==
      R"({"errors":[{"code":"DENIED","message":"the Host \"evil.example\" is not a name of this machine: n2c serve --allow-host NAME allows it"}]})");
  CHECK(status({}, {}) == 200);  // HTTP/1.0
}

TEST_CASE("a Host that was allowed is answered under any port and case") {
  const HostRules rules{.allowed = {parse_host_name("Registry.Example.").value(),
                                    parse_host_name("[FD00::1]").value()}};
  for (const char* host :
       {"registry.example", "REGISTRY.example:443", "[fd00::1]:5000", "127.0.0.1"}) {
    CAPTURE(host);
    CHECK(status(rules, {{"Host", host}}) == 200);
  }
  CHECK(status(rules, {{"Host", "a.registry.example"}}) == 403);
  for (const char* bad : {"", "a:5000", "[::1]:5000", "http://a", "a/b", "a b"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_host_name(bad));
  }
}

TEST_CASE("a page of another origin is refused, with a login or without") {
  for (const bool checks_host : {true, false}) {
    const HostRules rules{.checks_host = checks_host};
    const auto from = [&](const char* field, const char* value) {
      return status(rules, {{"Host", "localhost:5000"}, {field, value}});
    };
    for (const char* origin :
         {"https://evil.example", "null", "http://localhost:3000", "http://localhost",
          "http://127.0.0.1:5000", "", "localhost:5000", "http://localhost:5000.evil.example"}) {
      CAPTURE(origin);
      CHECK(from("Origin", origin) == 403);
    }
    CHECK(from("origin", "http://LOCALHOST:5000") == 200);
    for (const char* site : {"cross-site", "same-site", "", "Same-Origin", "new-kind"}) {
      CAPTURE(site);
      CHECK(from("Sec-Fetch-Site", site) == 403);
    }
    CHECK(from("Sec-Fetch-Site", "same-origin") == 200);
    CHECK(from("sec-fetch-site", "none") == 200);
  }
  CHECK(status({}, {{"Host", "localhost"}, {"Origin", "http://localhost:80"}}) == 200);
  CHECK(status({}, {{"Host", "localhost"}, {"Origin", "https://localhost"}}) == 200);
  CHECK(status({}, {{"Host", "[::1]:1"}, {"Origin", "http://[::1]:1"}}) == 200);
  CHECK(status({}, {{"Host", "localhost"},
                    {"Origin", "http://localhost"},
                    {"Origin", "https://evil.example"}}) == 403);
}

}  // namespace host_guard_test
