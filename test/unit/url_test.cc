#include "http/url.h"

#include <doctest/doctest.h>

namespace url_test {

using n2c::http::percent_encode;
using n2c::http::Url;

namespace {

Url url(std::string_view text) {
  const auto parsed = Url::parse(text);
  REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}

std::string resolved(std::string_view base, std::string_view location) {
  const auto target = url(base).resolve(location);
  return target ? target->str() : "error: " + target.error();
}

}  // namespace

TEST_CASE("a URL keeps its parts as they were written") {
  const Url full = url("HTTPS://Registry.Example:8443/v2/a%2Fb/blobs/?_state=x%2By&k");
  CHECK(full.scheme() == "https");
  CHECK(full.host() == "registry.example");
  CHECK(full.port() == 8443);
  CHECK(full.path() == "/v2/a%2Fb/blobs/");
  CHECK(full.query() == "_state=x%2By&k");
  CHECK(full.str() == "https://registry.example:8443/v2/a%2Fb/blobs/?_state=x%2By&k");
}

TEST_CASE("a URL's port is its scheme's own when none is written") {
  CHECK(url("http://h").port() == 80);
  CHECK(url("https://h:443/").authority() == "h");
  CHECK(url("http://h:443/").authority() == "h:443");
  CHECK(url("http://h:").authority() == "h");
  CHECK(url("http://h?q").path() == "/");
}

TEST_CASE("IPv6 hosts stay in brackets") {
  CHECK(url("http://[::1]:5000/v2/").host() == "[::1]");
  CHECK(url("http://[::1]:5000/v2/").authority() == "[::1]:5000");
  CHECK(url("http://[::1]/v2/").port() == 80);
}

TEST_CASE("what is not an http or https URL is refused") {
  for (const char* text :
       {"", "h/x", "ftp://h/", "file:///etc/passwd", "http:/h", "http://", "http:///x",
        "http://h:0/", "http://h:65536/", "http://h:x/", "http://a b/", "http://h/\r\nX: y",
        "http://h\\@evil/", "http://[::1/", "http://[g]/"}) {
    CHECK_MESSAGE(!Url::parse(text), text);
  }
}

TEST_CASE("user information never becomes part of a URL") {
  const Url with_user = url("https://bob:s3cret@h/x#part");
  CHECK(with_user.str() == "https://h/x");
  CHECK(with_user.redacted().find("s3cret") == std::string::npos);
}

TEST_CASE("a Location is resolved by RFC 3986, whatever form it has") {
  const std::string base = "https://h:5000/v2/app/blobs/uploads/?from=x";
  CHECK(resolved(base, "https://other/v2/u?a=b") == "https://other/v2/u?a=b");
  CHECK(resolved(base, "//cdn/u") == "https://cdn/u");
  CHECK(resolved(base, "/v2/app/u1?_state=a/b") == "https://h:5000/v2/app/u1?_state=a/b");
  CHECK(resolved(base, "u1?x") == "https://h:5000/v2/app/blobs/uploads/u1?x");
  CHECK(resolved(base, "../u1") == "https://h:5000/v2/app/blobs/u1");
  CHECK(resolved(base, "?next") == "https://h:5000/v2/app/blobs/uploads/?next");
  CHECK(resolved(base, "") == base);
  CHECK(resolved(base, " /v2/x ") == "https://h:5000/v2/x");
}

TEST_CASE("RFC 3986 §5.4: the examples that a registry could send") {
  const std::string base = "http://a/b/c/d;p?q";
  CHECK(resolved(base, "g") == "http://a/b/c/g");
  CHECK(resolved(base, "./g") == "http://a/b/c/g");
  CHECK(resolved(base, "g/") == "http://a/b/c/g/");
  CHECK(resolved(base, "..") == "http://a/b/");
  CHECK(resolved(base, "../../../g") == "http://a/g");
  CHECK(resolved(base, "/./g") == "http://a/g");
  CHECK(resolved(base, "g;x=1/../y") == "http://a/b/c/y");
  CHECK(resolved(base, "g?y/./x") == "http://a/b/c/g?y/./x");
}

TEST_CASE("a Location cannot lead out of http and https") {
  CHECK(resolved("http://h/", "file:///etc/passwd").starts_with("error"));
  CHECK(resolved("http://h/", "/x\ny").starts_with("error"));
}

TEST_CASE("a percent-encoded slash in a Location stays encoded (argsh#135)") {
  CHECK(resolved("https://ghcr.io/v2/", "/v2/a%2Fb/blobs/u") == "https://ghcr.io/v2/a%2Fb/blobs/u");
}

TEST_CASE("a query that is there already is added to, never rebuilt (distribution#48)") {
  CHECK(url("http://h/u").with_query("digest", "sha256:ab").str() ==
        "http://h/u?digest=sha256%3Aab");
  CHECK(url("http://h/u?_state=a%3D&b").with_query("digest", "x").str() ==
        "http://h/u?_state=a%3D&b&digest=x");
}

TEST_CASE("query values are credentials and are not shown") {
  CHECK(url("https://s3/x?X-Amz-Signature=abc&t=1&opaque").redacted() ==
        "https://s3/x?X-Amz-Signature=…&t=…&…");
}

TEST_CASE("same origin means the same scheme, host and port") {
  CHECK(url("https://h/a").same_origin(url("https://H:443/b?c")));
  CHECK_FALSE(url("https://h/").same_origin(url("http://h:443/")));
  CHECK_FALSE(url("https://h/").same_origin(url("https://h:8443/")));
  CHECK_FALSE(url("https://h/").same_origin(url("https://h.evil/")));
}

TEST_CASE("percent-encoding leaves only unreserved characters") {
  CHECK(percent_encode("a-b_c.d~e f/é:") == "a-b_c.d~e%20f%2F%C3%A9%3A");
}

}  // namespace url_test
