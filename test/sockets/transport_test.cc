#include "http/transport.h"

#include <doctest/doctest.h>

#include <semaphore>

#include "base/hash.h"
#include "base/tasks.h"
#include "test/support/check_fails.h"
#include "test/support/raw_server.h"
#include "test/support/transports.h"

namespace transport_test {

using namespace n2c;
using namespace n2c::http;
using namespace n2c::test;
using namespace std::chrono_literals;

TEST_CASE("a request arrives as it was meant, and its reply comes back whole") {
  std::string seen;
  RawServer server(answering([&](auto& connection, const auto& head, const auto& body) {
    seen = head + body;
    connection.reply(201, "made", "X-A: 1\r\nx-a:2\r\nLocation: /there\r\n");
  }));
  const auto transport = test_transport();
  const MemorySource body("hello");
  const Response response =
      transport->send({.method = Method::post,
                       .url = url_of(server.url("/v2/a%2Fb/../c?x=%20&y")),
                       .headers = {{"Content-Type", "text/plain"}, {"X-Empty", ""}},
                       .body = {.source = &body, .length = 5}},
                      {});
  CHECK(response.status == 201);
  CHECK(response.body == "made");
  CHECK(response.headers.find_all("X-A") == std::vector<std::string>{"1", "2"});
  CHECK(response.headers.find("location") == "/there");
  CHECK(response.sent == 5);
  CHECK(seen.starts_with("POST /v2/a%2Fb/../c?x=%20&y HTTP/1.1\r\n"));
  CHECK(seen.find("\r\nContent-Type: text/plain\r\n") != std::string::npos);
  CHECK(seen.find("\r\nX-Empty:\r\n") != std::string::npos);
  CHECK(seen.find("\r\nContent-Length: 5\r\n") != std::string::npos);
  CHECK(seen.find("\r\nUser-Agent: n2c-test\r\n") != std::string::npos);
  CHECK(seen.find("Expect") == std::string::npos);
  CHECK(seen.ends_with("\r\n\r\nhello"));
}

TEST_CASE("a header longer than any server takes is refused, and not sent or tried again (#23)") {
  RawServer server(
      answering([](auto& connection, const auto&, const auto&) { connection.reply(200, ""); }));
  const auto transport = test_transport();
  const Request request{.url = url_of(server.url("/")),
                        .headers = {{"Authorization", std::string(1 << 20, 'x')}}};
  CHECK_FAILS(transport->send(request, {}), ErrorKind::input,
              "header Authorization: 1.0 MiB, more than any server takes");
}

TEST_CASE("a POST, PUT or PATCH without a body says that its length is 0") {
  for (const Method method : {Method::post, Method::put, Method::patch}) {
    std::string seen;
    RawServer server(answering([&](auto& connection, const auto& head, const auto&) {
      seen = head;
      connection.reply(202, "");
    }));
    const auto transport = test_transport();
    CHECK(transport->send({.method = method, .url = url_of(server.url("/"))}, {}).status == 202);
    CHECK(seen.starts_with(cat(name_of(method), " / ")));
    CHECK(seen.find("\r\nContent-Length: 0\r\n") != std::string::npos);
    CHECK(lower_ascii(seen).find("content-type") == std::string::npos);
  }
}

TEST_CASE("a body of unknown length goes chunked, one of known length stops there") {
  std::string seen_head;
  std::string seen_body;
  RawServer server(answering([&](auto& connection, const auto& head, const auto& body) {
    seen_head = head;
    seen_body = body;
    connection.reply(202, "");
  }));
  const auto transport = test_transport();
  const MemorySource source(pattern(3'000'000));
  transport->send(
      {.method = Method::patch, .url = url_of(server.url("/")), .body = {.source = &source}}, {});
  CHECK(seen_head.find("Transfer-Encoding: chunked") != std::string::npos);
  CHECK(seen_body == pattern(3'000'000));
  transport->send({.method = Method::patch,
                   .url = url_of(server.url("/")),
                   .body = {.source = &source, .offset = 1'000'000, .length = 1'500'000}},
                  {});
  CHECK(seen_head.find("Content-Length: 1500000") != std::string::npos);
  CHECK(seen_body == pattern(3'000'000).substr(1'000'000, 1'500'000));
}

TEST_CASE("HEAD and DELETE work, and any status is a reply") {
  RawServer server(answering([&](auto& connection, const auto& head, const auto&) {
    if (head.starts_with("HEAD")) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
    } else {
      connection.reply(503, "busy", "Retry-After: 3\r\n");
    }
  }));
  const auto transport = test_transport();
  const auto head = transport->send({.method = Method::head, .url = url_of(server.url("/"))}, {});
  CHECK(head.headers.find("Content-Length") == "12345");
  CHECK(head.body.empty());
  const auto gone =
      transport->send({.method = Method::delete_, .url = url_of(server.url("/"))}, {});
  CHECK(gone.status == 503);
  CHECK(gone.body == "busy");
  CHECK(gone.headers.find("retry-after") == "3");
}

TEST_CASE("redirects and cookies are left to the caller") {
  std::string seen;
  RawServer server(answering([&](auto& connection, const auto& head, const auto&) {
    seen = head;
    connection.reply(307, "", "Location: http://127.0.0.1:1/\r\nSet-Cookie: sid=1; Path=/\r\n");
  }));
  const auto transport = test_transport();
  const Request request{.url = url_of(server.url("/"))};
  CHECK(transport->send(request, {}).status == 307);
  CHECK(transport->send(request, {}).status == 307);
  CHECK(lower_ascii(seen).find("cookie") == std::string::npos);
}

TEST_CASE("a connection is used again, and many are used side by side") {
  RawServer server(
      answering([](auto& connection, const auto&, const auto&) { connection.reply(200, "ok"); }));
  const auto transport = test_transport();
  for (int i = 0; i < 20; ++i) transport->send({.url = url_of(server.url("/"))}, {});
  CHECK(server.connections() == 1);
  run_side_by_side(400, 32, {}, [&](std::size_t, std::stop_token stop) {
    if (transport->send({.url = url_of(server.url("/"))}, stop).body != "ok") {
      throw Error(ErrorKind::internal, "wrong reply");
    }
  });
  CHECK(server.connections() <= 33);
}

TEST_CASE("a kept connection that the server has closed meanwhile costs nothing") {
  RawServer server([](RawConnection& connection) {
    if (!connection.read_head().empty()) connection.reply(200, "ok");
  });
  const auto transport = test_transport();
  for (int i = 0; i < 10; ++i) {
    CHECK(transport->send({.url = url_of(server.url("/"))}, {}).status == 200);
  }
}

TEST_CASE("large bodies from many threads arrive whole") {
  RawServer server(answering([](auto& connection, const auto&, const auto& body) {
    Hash hash;
    hash.update(bytes_of(body));
    connection.reply(201, hash.finish_hex());
  }));
  const auto transport = test_transport();
  run_side_by_side(12, 6, {}, [&](std::size_t i, std::stop_token stop) {
    const std::string bytes = pattern(5'000'000 + i * 77'777);
    const MemorySource source(bytes);
    Hash hash;
    hash.update(bytes_of(bytes));
    std::atomic<std::uint64_t> sent = 0;
    Body body{.source = &source};
    if (i % 2 == 0) body.length = bytes.size();
    const auto response = transport->send(
        {.method = Method::put, .url = url_of(server.url("/")), .body = body, .sent = &sent}, stop);
    if (response.body != hash.finish_hex() || sent != bytes.size()) {
      throw Error(ErrorKind::internal, "other bytes arrived");
    }
  });
}

TEST_CASE("an early refusal stops the producer") {
  RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.reply(413, "too large", "Connection: close\r\n");
    connection.stall();
  });
  const auto transport = test_transport();
  const EndlessSource source;
  const auto response = transport->send(
      {.method = Method::patch, .url = url_of(server.url("/")), .body = {.source = &source}}, {});
  CHECK(response.status == 413);
  CHECK(response.body == "too large");
}

TEST_CASE("a refusal is heard while the producer is still thinking") {
  std::binary_semaphore answered(0);
  RawServer server([&](RawConnection& connection) {
    connection.read_head();
    connection.reply(401, "no", "Connection: close\r\n");
    answered.release();
    connection.stall();
  });
  const auto transport = test_transport();
  const WaitingSource source(answered);  // its first bytes come after the reply has been sent
  const auto response = transport->send(
      {.method = Method::patch, .url = url_of(server.url("/")), .body = {.source = &source}}, {});
  CHECK(response.status == 401);
}

TEST_CASE("a reply for a sink arrives in order, and a slow sink holds the server back") {
  const std::string bytes = pattern(20'000'000);
  std::binary_semaphore all_sent(0);
  RawServer server(answering([&](auto& connection, const auto&, const auto&) {
    connection.reply(200, bytes);
    all_sent.release();
  }));
  const auto transport = test_transport();
  bool sent_before_taken = false;
  std::string got;
  FunctionSink sink([&](ByteView piece) {
    if (got.empty()) {  // by now more is under way than memory is meant for
      sent_before_taken = all_sent.try_acquire_for(50ms);
    }
    got += text_of(piece);
  });
  const auto response = transport->send(
      {.url = url_of(server.url("/")), .max_reply_bytes = 1, .reply_sink = &sink}, {});
  CHECK(response.status == 200);
  CHECK(response.body.empty());
  CHECK(got == bytes);
  CHECK_FALSE(sent_before_taken);
}

TEST_CASE("an error reply is not the blob: it goes to the response, not to the sink") {
  RawServer server(answering([](auto& connection, const auto&, const auto&) {
    connection.reply(404, "{\"errors\":[]}");
  }));
  const auto transport = test_transport();
  FunctionSink sink([](ByteView) { FAIL("the sink got bytes"); });
  const auto response = transport->send({.url = url_of(server.url("/")), .reply_sink = &sink}, {});
  CHECK(response.body == "{\"errors\":[]}");
}

TEST_CASE("100 Continue and other interim replies are passed over") {
  RawServer server(answering([](auto& connection, const auto&, const auto&) {
    connection.send("HTTP/1.1 103 Early Hints\r\nX-Interim: 1\r\n\r\n");
    connection.reply(200, "ok");
  }));
  const auto response = test_transport()->send({.url = url_of(server.url("/"))}, {});
  CHECK(response.status == 200);
  CHECK_FALSE(response.headers.find("X-Interim"));
}

TEST_CASE("a request that expects the server's opinion waits for it with its body") {
  RawServer server([](RawConnection& connection) {
    const std::string head = connection.read_head();
    const bool asked = head.find("Expect: 100-continue") != std::string::npos;
    connection.reply(asked ? 413 : 500, "", "Connection: close\r\n");
  });
  const auto transport = test_transport();
  const MemorySource source(pattern(10'000'000));
  const auto response = transport->send({.method = Method::put,
                                         .url = url_of(server.url("/")),
                                         .headers = {{"Expect", "100-continue"}},
                                         .body = {.source = &source, .length = 10'000'000}},
                                        {});
  CHECK(response.status == 413);
  CHECK(response.sent == 0);
}

TEST_CASE(
    "the address that is connected to is reported before anything is sent, and can be refused") {
  std::atomic<int> requests = 0;
  RawServer server(answering([&](auto& connection, const auto&, const auto&) {
    ++requests;
    connection.reply(200, "");
  }));
  const auto transport = test_transport();
  std::vector<std::string> told;
  Request request{.url = url_of(server.url("/")), .on_connected = [&](std::string_view address) {
                    told.emplace_back(address);
                    if (told.size() == 3) throw Error(ErrorKind::registry, "not there");
                  }};
  for (int i = 0; i < 2; ++i) CHECK(transport->send(request, {}).status == 200);
  // On the connection that was kept, too.
  CHECK_THROWS_WITH_AS(transport->send(request, {}), "not there", Error);
  CHECK(told == std::vector<std::string>(3, "127.0.0.1"));
  CHECK(requests == 2);
}

TEST_CASE("a unix socket is spoken to whatever the URL's host is") {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "socket";
  RawServer server(answering([](auto& connection, const auto&, const auto&) {
                     connection.reply(200, "engine");
                   }),
                   path);
  const auto transport = test_transport({.unix_socket = path});
  CHECK(transport->send({.url = url_of("http://docker/version")}, {}).body == "engine");
}

}  // namespace transport_test
