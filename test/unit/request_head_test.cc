#include "registry/server/net/request_head.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace request_head_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

/// The status with which the head is refused; 0 when it is none.
int refusal_of(std::string_view text) {
  HeadScanner scanner(16 << 10);
  if (const auto error = scanner.look(text)) return error->status;
  if (!scanner.whole()) return -1;
  const auto head = parse_head(text.substr(0, scanner.size()));
  return head ? 0 : head.error().status;
}

int refusal_with(std::string_view fields) {
  return refusal_of(cat("PUT /v2/x HTTP/1.1\r\nHost: a\r\n", fields, "\r\n"));
}

RequestHead parsed(std::string_view text) {
  auto head = parse_head(text);
  REQUIRE(head);
  return *std::move(head);
}

}  // namespace

TEST_CASE("a head is parsed") {
  const auto head = parsed(
      "\r\n\r\nPUT /v2/x?y=z HTTP/1.1\r\nHost: a:5000\r\nX-Empty:\r\nX-Two: \t a b\t \r\n"
      "content-length: 007\r\nExpect: 100-Continue\r\n\r\n");
  CHECK(head.method == "PUT");
  CHECK(head.target == "/v2/x?y=z");
  CHECK(head.fields.get("host") == "a:5000");
  CHECK(head.fields.find("X-Empty") == "");
  CHECK(head.fields.get("X-Two") == "a b");
  CHECK(head.length == 7);
  CHECK_FALSE(head.is_chunked);
  CHECK(head.keeps_alive);
  CHECK(head.expects_continue);
}

TEST_CASE("how long a body is must be said once and plainly") {
  struct Row {
    const char* fields;
    int status;
  };
  for (const auto& [fields, status] : {
           Row{"Transfer-Encoding: chunked\r\n", 0},
           {"TRANSFER-ENCODING:\t Chunked \t\r\n", 0},
           {"Content-Length: 5\r\n", 0},
           {"Transfer-Encoding: xchunked\r\n", 501},
           {"Transfer-Encoding: chunkedx\r\n", 501},
           {"Transfer-Encoding: chunked, chunked\r\n", 501},
           {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 501},
           {"Transfer-Encoding: gzip, chunked\r\n", 501},
           {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501},
           {"Transfer-Encoding: identity\r\n", 501},
           {"Transfer-Encoding: chunked;x=1\r\n", 501},
           {"Transfer-Encoding: \"chunked\"\r\n", 501},
           {"Transfer-Encoding: chunked,\r\n", 501},
           {"Transfer-Encoding: ,chunked\r\n", 501},
           {"Transfer-Encoding:\r\n", 501},
           {"Transfer-Encoding: chun\xc4\xb1ked\r\n", 501},
           {"Transfer-Encoding: chunked\x0b\r\n", 400},
           {"Transfer-Encoding : chunked\r\n", 400},
           {"Transfer-Encoding\t: chunked\r\n", 400},
           {" Transfer-Encoding: chunked\r\n", 400},
           {"X: y\r\n Transfer-Encoding: chunked\r\n", 400},
           {"X: y\r\n\tfolded\r\n", 400},
           {"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", 400},
           {"Content-Length: 0\r\nTransfer-Encoding: identity\r\n", 400},
           {"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
           {"Content-Length: 5\r\ncontent-length: 6\r\n", 400},
           {"Content-Length: 5, 5\r\n", 400},
           {"Content-Length: 5 5\r\n", 400},
           {"Content-Length: +5\r\n", 400},
           {"Content-Length: -5\r\n", 400},
           {"Content-Length: 0x5\r\n", 400},
           {"Content-Length: 5.0\r\n", 400},
           {"Content-Length:\r\n", 400},
           {"Content-Length: 99999999999999999999\r\n", 400},
           {"Content-Length: 9999999999999999999\r\n", 400},
       }) {
    CAPTURE(fields);
    CHECK(refusal_with(fields) == status);
  }
  CHECK(refusal_of("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("lines end with CR LF, and names and values hold what they may") {
  for (const char* fields :
       {"X: y\nZ: w\r\n", "X: y\rZ: w\r\n", "X: y\r\r\n", "X\r\n", ": y\r\n", "X y: z\r\n",
        "X\x7f: y\r\n", "X: y\x01\r\n", "X(: y\r\n", "X\xc3\xa9: y\r\n"}) {
    CAPTURE(fields);
    CHECK(refusal_with(fields) == 400);
  }
  CHECK(refusal_with(std::string_view("X: a\0b\r\n", 8)) == 400);
  CHECK(refusal_with(std::string_view("X\0: b\r\n", 7)) == 400);
  CHECK(refusal_with("X: caf\xc3\xa9\r\n") == 0);
  for (const char* text :
       {"GET /\r\n\r\n", "GET  / HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n", "GET\t/ HTTP/1.1\r\n",
        "GET /\x01 HTTP/1.1\r\n", "GET / http/1.1\r\n", "GET / HTTP/1.x\r\n", "G[T / HTTP/1.1\r\n",
        "GET / HTTP/11\r\n", "GET /\xc3\xa9 HTTP/1.1\r\n", " GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\n\n", "\n", "\rG", "\x16\x03\x01"}) {
    CAPTURE(text);
    CHECK(refusal_of(cat(text, "Host: a\r\n\r\n")) == 400);
  }
  CHECK(refusal_of("PRI * HTTP/2.0\r\n\r\n") == 505);
  CHECK(refusal_of("GET / HTTP/0.9\r\n\r\n") == 505);
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\n") == -1);
}

TEST_CASE("a request names one host") {
  CHECK(refusal_of("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.0\r\n\r\n") == 0);
  for (const char* good : {"", "a", "a:5000", "A.B-c_d:", "127.0.0.1:1", "[::1]", "[::1]:5000",
                           "[::ffff:127.0.0.1]"}) {
    CAPTURE(good);
    CHECK(refusal_of(cat("GET / HTTP/1.1\r\nHost: ", good, "\r\n\r\n")) == 0);
  }
  for (const char* bad : {"a b", "a/b", "u@a", "a:b", "a:1:2", "a:123456", "[::1", "[]", "[g]",
                          "::1", "a?b", "a#b", "a\\b", "[::1]x", "a\"b"}) {
    CAPTURE(bad);
    CHECK(refusal_of(cat("GET / HTTP/1.1\r\nHost: ", bad, "\r\n\r\n")) == 400);
  }
  CHECK(refusal_with("Host: a\r\n") == 400);  // a second one
  CHECK(refusal_with("host: b\r\n") == 400);
}

TEST_CASE("an absolute target says which host is meant") {
  const auto head = parsed("GET HTTP://b:1/v2/?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(head.target == "/v2/?x=1");
  CHECK(head.fields.get("Host") == "b:1");
  CHECK(parsed("GET https://b?x HTTP/1.1\r\nHost: a\r\n\r\n").target == "/?x");
  CHECK(parsed("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").target == "*");
  for (const char* target : {"v2/", "b:443", "ftp://b/v2/", "http:///v2/", "http://u@b/", "://b/",
                             "http://", "http://b/../x://y"}) {
    CAPTURE(target);
    const int status = refusal_of(cat("GET ", target, " HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(status == (std::string_view(target) == "http://b/../x://y" ? 0 : 400));
  }
}

TEST_CASE("what ends a connection, what goes on, and what is not expected here") {
  const auto keeps = [](std::string_view version, std::string_view fields) {
    return parsed(cat("GET / HTTP/", version, "\r\nHost: a\r\n", fields, "\r\n")).keeps_alive;
  };
  CHECK(keeps("1.1", ""));
  CHECK(keeps("1.1", "Connection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n"));
  CHECK_FALSE(keeps("1.1", "Connection: Close\r\n"));
  CHECK_FALSE(keeps("1.1", "Connection: upgrade\r\nConnection: x ,close\r\n"));
  CHECK_FALSE(keeps("1.0", "Connection: keep-alive\r\n"));
  CHECK(refusal_with("Expect: 100-continue, x\r\n") == 417);
  CHECK(refusal_with("Expect: 200-ok\r\n") == 417);
  CHECK_FALSE(parsed("PUT / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expects_continue);
}

TEST_CASE("a head has at most 16 KiB and a hundred fields") {
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X: y\r\n";  // and Host
  CHECK(refusal_with(fields) == 0);
  CHECK(refusal_with(fields + "X: y\r\n") == 431);
  CHECK(refusal_with(cat("X: ", std::string(17 << 10, 'x'), "\r\n")) == 431);
  std::string endless;
  while (endless.size() < (17 << 10)) endless += "\r\n";
  CHECK(refusal_of(endless) == 431);
  const std::string exact =
      cat("GET / HTTP/1.1\r\nHost: a\r\nX: ", std::string(400, 'x'), "\r\n\r\n");
  for (const std::size_t less : {0U, 1U}) {
    HeadScanner scanner(exact.size() - less);
    CHECK(scanner.look(exact).has_value() == (less == 1));
    CHECK(scanner.whole() == (less == 0));
  }
}

}  // namespace request_head_test
