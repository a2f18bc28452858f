#include <doctest/doctest.h>

#include <thread>

#include "base/locked.h"
#include "base/tasks.h"
#include "http/transport.h"
#include "test/support/raw_server.h"
#include "test/support/transports.h"

namespace transport_faults_test {

using namespace n2c;
using namespace n2c::http;
using namespace n2c::test;
using namespace std::chrono_literals;

namespace {

Error failure_of(Transport& transport, const Request& request, std::stop_token stop = {}) {
  try {
    const auto response = transport.send(request, stop);
    FAIL("a reply came: ", response.status);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::internal, "unreachable"};
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Request put(const Url& url, const ByteSource& source) {
  return {.method = Method::put, .url = url, .body = {.source = &source}};
}

}  // namespace

TEST_CASE("a refused connection says so, with the request and a hint") {
  std::uint16_t closed = 0;
  {
    const RawServer server([](RawConnection&) {});
    closed = server.port();
  }
  const auto error =
      failure_of(*test_transport(),
                 {.url = url_of(cat("http://bob:pw@127.0.0.1:", closed, "/v2/?sig=secret"))});
  CHECK(error.kind() == ErrorKind::network);
  CHECK(holds(error.message(), cat("GET http://127.0.0.1:", closed, "/v2/?sig=…: ")));
  CHECK(holds(error.message(), "Connection refused"));
  CHECK_FALSE(holds(error.message(), "secret"));
  CHECK_FALSE(holds(error.message(), "pw"));
  CHECK_FALSE(error.hint().empty());
  CHECK_FALSE(error.is_lasting());
}

TEST_CASE("a name that does not resolve says so") {
  const auto error = failure_of(*test_transport(), {.url = url_of("http://no.such.host.invalid/")});
  CHECK(error.kind() == ErrorKind::network);
  CHECK(holds(error.message(), "no.such.host.invalid"));
  CHECK(holds(error.hint(), "name"));
}

TEST_CASE("TLS to a plain HTTP port leads to --plain-http") {
  RawServer server([](RawConnection& connection) {
    connection.read(1);
    connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  });
  const auto error =
      failure_of(*test_transport(), {.url = url_of(cat("https://127.0.0.1:", server.port(), "/"))});
  CHECK(error.kind() == ErrorKind::network);
  CHECK(holds(error.hint(), "--plain-http"));
  CHECK(error.is_lasting());
}

TEST_CASE("what does not speak HTTP is said not to") {
  RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.send("220 smtp.example ready\r\n");
  });
  const auto error = failure_of(*test_transport(), {.url = url_of(server.url("/"))});
  CHECK(error.kind() == ErrorKind::network);
  CHECK(holds(error.message(), "does not speak HTTP"));
}

TEST_CASE("a reply that is cut short is no reply") {
  RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  CHECK(failure_of(*test_transport(), {.url = url_of(server.url("/"))}).kind() ==
        ErrorKind::network);
}

TEST_CASE("an upload that is reset in the middle fails, and the next one is not harmed") {
  RawServer server([](RawConnection& connection) {
    const std::string head = connection.read_head();
    if (connection.index() == 0) {
      connection.read(2'000'000);
      connection.reset();
    } else {
      connection.read_body(head);
      connection.reply(201, "");
    }
  });
  const auto transport = test_transport();
  const MemorySource source(pattern(10'000'000));
  const auto error = failure_of(*transport, put(url_of(server.url("/")), source));
  CHECK(error.kind() == ErrorKind::network);
  CHECK(transport->send(put(url_of(server.url("/")), source), {}).status == 201);
}

TEST_CASE("a body is never sent twice by one send, though a kept connection turns out dead") {
  std::atomic<int> bodies = 0;
  RawServer server([&](RawConnection& connection) {
    connection.read_head();
    connection.reply(200, "");
    const std::string head = connection.read_head();
    if (head.empty()) return;
    ++bodies;
    connection.read(100'000);
    connection.reset();
  });
  const auto transport = test_transport();
  transport->send({.url = url_of(server.url("/"))}, {});
  const MemorySource source(pattern(10'000'000));
  CHECK(failure_of(*transport, put(url_of(server.url("/")), source)).kind() == ErrorKind::network);
  CHECK(bodies == 1);
}

TEST_CASE("a server that stops talking is given up on, wherever it stops") {
  const auto transport = test_transport({.stall_timeout = 200ms, .min_rate = 0});
  const EndlessSource endless;
  SUBCASE("before its reply") {
    RawServer server([](RawConnection& connection) {
      connection.read_head();
      connection.stall();
    });
    const auto error = failure_of(*transport, {.url = url_of(server.url("/"))});
    CHECK(error.kind() == ErrorKind::network);
    CHECK(holds(error.message(), "nothing moved for 0.2 s"));
  }
  SUBCASE("in the middle of its reply") {
    RawServer server([](RawConnection& connection) {
      connection.read_head();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
      connection.stall();
    });
    CHECK(
        holds(failure_of(*transport, {.url = url_of(server.url("/"))}).message(), "nothing moved"));
  }
  SUBCASE("in the middle of our body") {
    RawServer server([](RawConnection& connection) { connection.stall(); });
    const auto error = failure_of(*transport, put(url_of(server.url("/")), endless));
    CHECK(holds(error.message(), "nothing moved"));
    CHECK(holds(error.message(), "were sent"));
  }
}

TEST_CASE("a reply that drips is given up on, wherever it drips (#16)") {
  const auto transport = test_transport({.stall_timeout = 300ms, .min_rate = 100'000});
  struct Row {
    const char* begins;
    const char* drips;
    const char* said;
  };
  const char* slow = "the reply came at less than 97.7 KiB a second for 0.3 s";
  const Row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n", " ", slow},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 4000000\r\n\r\n", " ", slow},
      {"HTTP/1.1 200 OK\r\n\r\n", " ", slow},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", slow},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x", "nothing moved"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", slow},
      {"HTTP/1.1 200 OK\r\n", "X: y\r\n", slow},
      {"HTTP/1.1 200 OK\r\nX: ", "y", "nothing moved"},
      {"HTTP/1.1 200", "0", "nothing moved"},
      {"", "HTTP/1.1 102 Processing\r\n\r\n", "nothing moved"},
      {"HTTP/1.1 103 Early Hints\r\n", "Link: x\r\n", "nothing moved"},
  };
  for (const Row& row : rows) {
    for (const bool into_a_sink : {false, true}) {
      CAPTURE(row.begins);
      CAPTURE(row.drips);
      RawServer server([&](RawConnection& connection) {
        connection.read_head();
        connection.send(row.begins);
        connection.drip(row.drips, 20ms);
      });
      FunctionSink sink([](ByteView) {});
      Request request{.url = url_of(server.url("/"))};
      if (into_a_sink) request.reply_sink = &sink;
      const auto error = failure_of(*transport, request);
      CHECK(error.kind() == ErrorKind::network);
      CHECK_MESSAGE(holds(error.message(), row.said), error.message());
    }
  }
}

TEST_CASE("a reply that begins a hundred times over and never comes is given up on (#16)") {
  RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.drip("HTTP/1.1 102 Processing\r\n\r\n", 0ms);
  });
  const auto error = failure_of(*test_transport(), {.url = url_of(server.url("/"))});
  CHECK(error.kind() == ErrorKind::network);
  CHECK(holds(error.message(), "more than 100 interim replies (1xx), and no reply"));
}

TEST_CASE("a server that never greets is given up on after the connect time-out") {
  RawServer server([](RawConnection& connection) { connection.stall(); });
  const auto transport = test_transport({.connect_timeout = 200ms});
  const auto error =
      failure_of(*transport, {.url = url_of(cat("https://127.0.0.1:", server.port(), "/"))});
  CHECK(error.kind() == ErrorKind::network);
}

TEST_CASE("a stop ends an exchange at once, wherever it is") {
  RawServer server([](RawConnection& connection) { connection.stall(); });
  const auto transport = test_transport();
  const EndlessSource endless;
  for (const bool uploading : {false, true}) {
    std::stop_source stop;
    std::jthread stopper([&, count = server.connections() + 1] {
      server.wait_for_connections(count);
      stop.request_stop();
    });
    const auto begun = std::chrono::steady_clock::now();
    const Request request =
        uploading ? put(url_of(server.url("/")), endless) : Request{.url = url_of(server.url("/"))};
    CHECK(failure_of(*transport, request, stop.get_token()).kind() == ErrorKind::cancelled);
    CHECK(std::chrono::steady_clock::now() - begun < 5s);
  }
  std::stop_source stopped;
  stopped.request_stop();
  CHECK(failure_of(*transport, {.url = url_of(server.url("/"))}, stopped.get_token()).kind() ==
        ErrorKind::cancelled);
}

TEST_CASE("what the body's reader throws comes out, and the server sees no whole body") {
  Locked<std::string> body_seen;
  RawServer server([&](RawConnection& connection) {
    const std::string head = connection.read_head();
    const std::string body = connection.read(1'000'000);
    body_seen.with([&](auto& seen) { seen = body; });
  });
  struct Broken final : ByteSource {
    struct Breaks final : Reader {
      std::size_t read(ByteSpan into) override {
        if (std::exchange(given, true)) throw Error(ErrorKind::integrity, "other bytes");
        into[0] = std::byte{'x'};
        return 1;
      }
      bool given = false;
    };
    std::unique_ptr<Reader> open(std::uint64_t) const override {
      return std::make_unique<Breaks>();
    }
  };
  const Broken source;
  const auto error = failure_of(*test_transport(), put(url_of(server.url("/")), source));
  CHECK(error.kind() == ErrorKind::integrity);
  CHECK(error.message() == "other bytes");
  CHECK_FALSE(holds(body_seen.with([](const auto& seen) { return seen; }), "\r\n0\r\n"));
}

TEST_CASE("a source that is shorter than it said is a failure of its own") {
  RawServer server([](RawConnection& connection) { connection.stall(); });
  const MemorySource source("abc");
  const auto error = failure_of(*test_transport(), {.method = Method::put,
                                                    .url = url_of(server.url("/")),
                                                    .body = {.source = &source, .length = 10}});
  CHECK(error.kind() == ErrorKind::integrity);
}

TEST_CASE("what the sink throws comes out") {
  RawServer server(answering([](auto& connection, const auto&, const auto&) {
    connection.reply(200, pattern(5'000'000));
  }));
  FunctionSink sink([](ByteView) { throw Error(ErrorKind::local, "disk full"); });
  const auto transport = test_transport();
  const auto error = failure_of(*transport, {.url = url_of(server.url("/")), .reply_sink = &sink});
  CHECK(error.message() == "disk full");
}

TEST_CASE("a reply without end is not taken into memory") {
  RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string block(100'000, 'x');
    for (int i = 0; i < 1000; ++i) connection.send(block);
  });
  const auto transport = test_transport();
  const auto error =
      failure_of(*transport, {.url = url_of(server.url("/")), .max_reply_bytes = 1'000'000});
  CHECK(error.kind() == ErrorKind::registry);
  CHECK(holds(error.message(), "longer than 976.6 KiB"));
}

TEST_CASE("a reply header without end is given up on") {
  RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 200 OK\r\n");
    const std::string line = cat("X-More: ", std::string(1000, 'x'), "\r\n");
    for (int i = 0; i < 100'000; ++i) connection.send(line);
  });
  CHECK(failure_of(*test_transport(), {.url = url_of(server.url("/"))}).kind() !=
        ErrorKind::internal);
}

TEST_CASE("a header value cannot smuggle in another header") {
  RawServer server([](RawConnection& connection) { connection.stall(); });
  const auto error = failure_of(
      *test_transport(),
      {.url = url_of(server.url("/")), .headers = {{"Authorization", "Bearer a\r\nX-Evil: 1"}}});
  CHECK(error.kind() == ErrorKind::input);
  CHECK_FALSE(holds(error.message(), "Bearer"));
}

}  // namespace transport_faults_test
