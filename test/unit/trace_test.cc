#include "http/trace.h"

#include <doctest/doctest.h>

#include "http/tls_roots.h"

namespace trace_test {

using namespace n2c;
using namespace n2c::http;

namespace {

std::string masked(std::string_view block) {
  std::string all;
  for (const auto& line : masked_lines(block)) all += line + "\n";
  return all;
}

}  // namespace

TEST_CASE("a trace shows what a request was, without what it was allowed by") {
  CHECK(
      masked(
          "PUT /v2/a/blobs/uploads/1?_state=abc&digest=sha256%3Aab HTTP/1.1\r\n"
          "Host: ghcr.io\r\nAuthorization: Bearer s3cret\r\nX-Registry-Auth: s3cret\r\n"
          "Proxy-Authorization: Basic s3cret\r\nCookie: sid=s3cret\r\nContent-Length: 5\r\n\r\n") ==
      "PUT /v2/a/blobs/uploads/1?… HTTP/1.1\n"
      "Host: ghcr.io\nAuthorization: Bearer …\nX-Registry-Auth: …\n"
      "Proxy-Authorization: Basic …\nCookie: …\nContent-Length: 5\n");
}

TEST_CASE("a trace shows a reply without cookies and signed URLs") {
  CHECK(
      masked("HTTP/1.1 307 Temporary Redirect\r\n"
             "Location: https://bob:s3cret@s3.example/x?X-Amz-Signature=s3cret\r\n"
             "Set-Cookie: sid=s3cret\r\nX-Amz-Security-Token: s3cret\r\n"
             "WWW-Authenticate: Bearer realm=\"https://t/\",scope=\"repository:a:pull\"\r\n\r\n") ==
      "HTTP/1.1 307 Temporary Redirect\n"
      "Location: https://s3.example/x?X-Amz-Signature=…\n"
      "Set-Cookie: …\nX-Amz-Security-Token: …\n"
      "WWW-Authenticate: Bearer realm=\"https://t/\",scope=\"repository:a:pull\"\n");
}

TEST_CASE("what is malformed is masked too") {
  for (const char* block :
       {"GET http://h/?sig=s3cret HTTP/1.1\r\n", "Location: /x?sig=s3cret&y\r\n",
        "Location: //bob:s3cret@h/x\r\n", "Location: ?s3cret\r\n", "authorization:s3cret\r\n",
        "X-JFrog-Art-Api: s3cret\r\n", "GET https://bob:s3cret@h:bad/ HTTP/1.1\r\n"}) {
    CHECK_MESSAGE(masked(block).find("s3cret") == std::string::npos, masked(block));
  }
  CHECK(masked("X: \x1b[31m\x01\r\n") == "X: \\x1b[31m\\x01\n");
}

TEST_CASE("roots come from the environment, else from where libcurl was told") {
  const auto none = [](const char*) { return std::string(); };
  const auto named = [](const char* variable) {
    return std::string(std::string_view(variable) == "SSL_CERT_FILE" ? "/named.pem" : "");
  };
  CHECK(find_system_roots(named, "/dev/null") == "/named.pem");
  CHECK(find_system_roots(none, "/dev/null") == "/dev/null");
}

}  // namespace trace_test
