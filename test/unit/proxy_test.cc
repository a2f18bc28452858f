#include "http/proxy.h"

#include <doctest/doctest.h>

#include <map>

namespace proxy_test {

using namespace n2c;
using namespace n2c::http;

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

ProxyRules rules(Variables variables) {
  return ProxyRules([variables = std::move(variables)](const char* variable) {
    const auto found = variables.find(variable);
    return found == variables.end() ? std::string() : found->second;
  });
}

std::string proxy_for(const ProxyRules& proxies, std::string_view url) {
  const auto found = proxies.find(*Url::parse(url));
  return found ? found->address : "none";
}

bool goes_direct(const std::string& no_proxy, std::string_view url) {
  return proxy_for(rules({{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", no_proxy}}), url) == "none";
}

}  // namespace

TEST_CASE("each scheme has its proxy, in capitals or not") {
  const auto both = rules({{"HTTPS_PROXY", "http://s:1"}, {"http_proxy", "p:3128"}});
  CHECK(proxy_for(both, "https://ghcr.io/") == "http://s:1");
  CHECK(proxy_for(both, "http://ghcr.io/") == "http://p:3128");
  CHECK(proxy_for(rules({{"ALL_PROXY", "socks5h://s"}}), "https://ghcr.io/") == "socks5h://s:1080");
  CHECK(proxy_for(rules({}), "https://ghcr.io/") == "none");
}

TEST_CASE("a CGI request's Proxy header is not a proxy (CVE-2016-5385)") {
  CHECK(proxy_for(rules({{"HTTP_PROXY", "http://evil:1"}, {"REQUEST_METHOD", "GET"}}),
                  "http://ghcr.io/") == "none");
}

TEST_CASE("a proxy's login is kept apart from its address") {
  const auto proxy = Proxy::parse("http://bob:p%40ss%3a@proxy.corp:3128/");
  REQUIRE(proxy);
  CHECK(proxy->address == "http://proxy.corp:3128");
  CHECK(proxy->user == "bob");
  CHECK(proxy->password == "p@ss:");
  CHECK(Proxy::parse("https://proxy")->address == "https://proxy:443");
  CHECK(Proxy::parse("https://proxy:80/")->address == "https://proxy:80");
  CHECK(Proxy::parse("[::1]")->address == "http://[::1]:80");
}

TEST_CASE("what is no proxy's URL is refused without quoting it") {
  for (const char* text : {"ftp://bob:s3cret@p:1", "http://bob:s3cret@", "http://bob:s3cret%@p",
                           "http://bob:s3cret@p:x", "http://bob:s3cret@a b"}) {
    const auto proxy = Proxy::parse(text);
    REQUIRE_MESSAGE(!proxy, text);
    CHECK(proxy.error().find("s3cret") == std::string::npos);
  }
  CHECK_THROWS_WITH_AS(rules({{"HTTPS_PROXY", "gopher://x"}}),
                       "HTTPS_PROXY: not a proxy's URL: its scheme is not http, https or socks",
                       Error);
}

TEST_CASE("loopback hosts never go through a proxy") {
  for (const char* url : {"https://localhost:5000/", "https://127.0.0.1/", "https://127.8.9.1:1/",
                          "https://[::1]:5000/"}) {
    CHECK_MESSAGE(goes_direct("", url), url);
  }
  CHECK_FALSE(goes_direct("", "https://localhost.example/"));
  CHECK_FALSE(goes_direct("", "https://[::2]/"));
}

TEST_CASE("NO_PROXY names domains, with or without their subdomains") {
  CHECK(goes_direct("corp.example", "https://corp.example/"));
  CHECK(goes_direct("corp.example", "https://r.CORP.example/"));
  CHECK_FALSE(goes_direct("corp.example", "https://notcorp.example/"));
  CHECK(goes_direct(".corp.example", "https://r.corp.example/"));
  CHECK_FALSE(goes_direct(".corp.example", "https://corp.example/"));
  CHECK(goes_direct("*.corp.example", "https://r.corp.example/"));
  CHECK(goes_direct("x, *", "https://anything/"));
  CHECK_FALSE(goes_direct(" , ,", "https://anything/"));
}

TEST_CASE("NO_PROXY names ports, addresses and ranges") {
  CHECK(goes_direct("r.example:5000", "https://r.example:5000/"));
  CHECK_FALSE(goes_direct("r.example:5000", "https://r.example/"));
  CHECK(goes_direct("10.0.0.0/8", "https://10.20.30.40/"));
  CHECK_FALSE(goes_direct("10.0.0.0/8", "https://11.0.0.1/"));
  CHECK(goes_direct("192.168.1.7", "https://192.168.1.7:5000/"));
  CHECK(goes_direct("192.168.1.0/31", "https://192.168.1.1/"));
  CHECK_FALSE(goes_direct("192.168.1.0/31", "https://192.168.1.2/"));
  CHECK(goes_direct("fd00::/8", "https://[fd12::1]/"));
  CHECK_FALSE(goes_direct("fd00::/8", "https://[fe80::1]/"));
  CHECK_FALSE(goes_direct("0.0.0.0/0", "https://[fe80::1]/"));
  CHECK_FALSE(goes_direct("10.0.0.0/99", "https://10.0.0.1/"));
}

}  // namespace proxy_test
