// What the server answers must not depend on how a request's bytes were cut on their way (#16).

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "oci/digest.h"
#include "test/support/conversation.h"

namespace serve_split_test {

using namespace n2c;
using test::FurnishedRegistry;

namespace {

const std::string hello = oci::Digest::of("hello").str();
const std::string session = cat("/v2/app/blobs/uploads/", std::string(32, '0'));

std::string request(std::string_view line, std::string_view fields, std::string_view body = {}) {
  return cat(line, " HTTP/1.1\r\nHost: a\r\n", fields, "\r\n", body);
}

const std::string base = request("GET /v2/", "");

/// Each goes with a request behind it, which must be answered or not, but always the same.
std::vector<std::string> requests() {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string image = "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n";
  return {
      base,
      request("HEAD /v2/app/manifests/1", ""),
      request(cat("GET /v2/app/blobs/", hello), "Range: bytes=1-3\r\n"),
      request("PUT /v2/app/manifests/1", image + chunked, "0\r\n\r\n"),
      request(cat("POST /v2/b/blobs/uploads/?digest=", hello), "Content-Length: 5\r\n", "hello"),
      request(cat("POST /v2/b/blobs/uploads/?digest=", hello), chunked,
              "3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n"),
      request(cat("PUT ", session, "?digest=", hello), "Content-Length: 2\r\n", "lo"),
      request(cat("PATCH ", session), chunked, "2\r\nlo\r\nxx\r\n"),
      request(cat("PATCH ", session), chunked,
              cat("1;", std::string(17'000, 'x'), "\r\na\r\n0\r\n\r\n")),
      request(cat("PATCH ", session), chunked,
              cat("0\r\nX: ", std::string(17'000, 'x'), "\r\n\r\n")),
      request(cat("PATCH ", session), "Content-Length: 9\r\n", "lo"),
      request(cat("PATCH ", session), "Expect: 100-continue\r\nContent-Length: 2\r\n", "lo"),
      request("PUT /v2/app/blobs/uploads/none", "Content-Length: 5\r\n", "hello"),
      request("PUT /v2/app/blobs/uploads/none", chunked, "5\r\nhello\r\n0\r\n\r\n"),
      request("GET /v2/", "Content-Length: 3\r\n", "abc"),
      request("GET /v2/", "Transfer-Encoding: xchunked\r\n", base),
      request("GET /v2/", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
      request("GET /v2/", "Connection: close\r\n"),
      request("GET /v2/", "Host: b\r\n"),
      request("GET /v2/", "X: y\r\n folded\r\n"),
      request("GET /v2/", "X: y\nZ: w\r\n"),
      request("GET http://b/v2/", ""),
      request("GET /v2/", cat("X: ", std::string(17'000, 'x'), "\r\n")),
      "\r\n\r\n" + base,
      "GET /v2/ HTTP/1.0\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      std::string("\x16\x03\x01\x02", 4),
      "garbage\r\n\r\n",
      "GET /v2/ HTTP/1.1\r\nHost: a\r\n",
  };
}

/// The server reads `first` bytes, then `second`, then single bytes or what there is.
std::string cut_at(const std::string& text, std::size_t first, std::size_t second) {
  std::vector<std::size_t> pieces{first, second};
  std::size_t next = 0;
  return FurnishedRegistry().converse(
      text, [&] { return next < pieces.size() ? pieces[next++] : text.size(); });
}

bool is_one_reply(std::string_view replies) {
  constexpr std::string_view each = "\r\nServer: n2c\r\n";
  return replies.find(each) != replies.npos && replies.find(each) == replies.rfind(each);
}

}  // namespace

TEST_CASE("replies do not depend on where the bytes of requests were cut") {
  for (const std::string& one : requests()) {
    const std::string text = one + base;
    CAPTURE(text.substr(0, 400));
    const std::string whole = FurnishedRegistry().converse(text);
    CHECK(FurnishedRegistry().converse(text, [] { return 1; }) == whole);
    // Long ones are long of one letter.
    const std::size_t step = text.size() > 1000 ? 1009 : 1;
    for (std::size_t at = 1; at < text.size(); at += step) {
      if (cut_at(text, at, text.size()) != whole) FAIL_CHECK("cut at ", at);
    }
  }
}

TEST_CASE("a short body in chunks is answered the same whichever two places it was cut at") {
  for (const char* body : {"0\r\n\r\n", "1;a\r\nx\r\n0\r\nA:b\r\n\r\n", "1\r\nxx"}) {
    const std::string head = request(cat("PATCH ", session), "Transfer-Encoding: chunked\r\n");
    const std::string text = head + body + base;
    CAPTURE(body);
    const std::string whole = FurnishedRegistry().converse(text);
    const std::size_t last = head.size() + std::string_view(body).size() + 2;
    for (std::size_t first = head.size() - 3; first < last; ++first) {
      for (std::size_t second = 1; first + second <= last; ++second) {
        if (cut_at(text, first, second) != whole)
          FAIL_CHECK("cut at ", first, " and ", second, " later");
      }
    }
  }
}

TEST_CASE("a body of no chunks that comes in pieces ends its request and nothing else") {
  const std::string text = request("PUT /v2/app/manifests/1",
                                   "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n"
                                   "Transfer-Encoding: chunked\r\n",
                                   "0\r\n\r\n");
  const std::string reply = cut_at(text, text.size() - 2, 1);
  CHECK(reply.starts_with("HTTP/1.1 400 "));
  CHECK(reply.contains("MANIFEST_INVALID"));
}

TEST_CASE("what hides in a body is not answered as a request") {
  const std::string hidden = request(cat("DELETE /v2/app/blobs/", hello), "");
  for (const char* coding :
       {"xchunked", "chunked, identity", "identity", "chunkedx", "gzip", "\"chunked\"",
        "chunked;q=1", "chunked,", ",chunked", "chunked, chunked", "gzip, chunked", ""}) {
    CAPTURE(coding);
    FurnishedRegistry registry;
    const std::string reply =
        registry.converse(request("GET /v2/", cat("Transfer-Encoding: ", coding, "\r\n"), hidden));
    CHECK(reply.starts_with("HTTP/1.1 501 "));
    CHECK(reply.contains("Connection: close\r\n"));
    CHECK(is_one_reply(reply));
    CHECK(registry.store().stat("app", oci::Digest::of("hello")));
  }
  for (const char* fields :
       {"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked\x0b\r\n", "Content-Length: 0\r\nContent-Length: 60\r\n",
        "Content-Length: 0, 60\r\n", "Content-Length: +0\r\n", "X: y\r\n Content-Length: 60\r\n",
        "Content-Length: 0x0\r\n", "X: y\nContent-Length: 60\r\n"}) {
    CAPTURE(fields);
    FurnishedRegistry registry;
    const std::string reply = registry.converse(request("GET /v2/", fields, hidden));
    CHECK(reply.starts_with("HTTP/1.1 400 "));
    CHECK(reply.contains("Connection: close\r\n"));
    CHECK(is_one_reply(reply));
    CHECK(registry.store().stat("app", oci::Digest::of("hello")));
  }
}

TEST_CASE("chunk extensions without end are 400, trailers without end 431") {
  const std::string line = request(cat("PATCH ", session), "Transfer-Encoding: chunked\r\n");
  const std::string much(100'000, 'x');
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "A: b\r\n";
  for (const auto& [body, status] : {std::pair(cat("1;", much, "\r\na\r\n0\r\n\r\n"), "400"),
                                     {cat("1;", much), "400"},
                                     {cat("0\r\nX: ", much, "\r\n\r\n"), "431"},
                                     {cat("0\r\n", many, "\r\n"), "431"},
                                     {cat("0\r\n", many), "431"}}) {
    const std::string reply = FurnishedRegistry().converse(line + body + base);
    CAPTURE(reply);
    CHECK(reply.starts_with(cat("HTTP/1.1 ", status, ' ')));
    CHECK(reply.contains("Connection: close\r\n"));
    CHECK(is_one_reply(reply));
  }
}

}  // namespace serve_split_test
