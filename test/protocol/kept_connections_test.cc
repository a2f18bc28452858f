/// Servers that close kept connections without a word, and what proxies answer (#19).

#include <doctest/doctest.h>

#include <atomic>

#include "base/text.h"
#include "test/support/check_fails.h"
#include "test/support/push_rig.h"
#include "test/support/raw_server.h"
#include "test/support/transports.h"

namespace kept_connections_test {

using namespace n2c;
using namespace n2c::http;
using namespace n2c::test;

namespace {

/// Answers one request of each connection, and resets the connection once the next has come. Before
/// its body has left, libcurl would send it over a fresh connection by itself.
RawServer::Script one_request_each(std::atomic<int>& resets) {
  return [&resets](RawConnection& connection) {
    const std::string head = connection.read_head();
    if (head.empty()) return;
    connection.read_body(head);
    connection.reply(200, "");
    const std::string next = connection.read_head();
    if (next.empty()) return;
    connection.read_body(next);
    ++resets;
    connection.reset();
  };
}

ProxyRules through(const RawServer& proxy) {
  return ProxyRules([&](const char* variable) -> std::string {
    const std::string_view name = variable;
    return name == "HTTP_PROXY" || name == "HTTPS_PROXY" ? proxy.url("") : "";
  });
}

}  // namespace

TEST_CASE("a request that meets a closed connection goes over a fresh one, in the same try") {
  std::atomic<int> resets = 0;
  RawServer server(one_request_each(resets));
  const auto transport = test_transport();
  const MemorySource manifest("{}");
  for (const Method method : {Method::get, Method::head, Method::post, Method::delete_}) {
    CHECK(transport->send({.method = method, .url = url_of(server.url("/"))}, {}).status == 200);
  }
  const Request put{.method = Method::put,
                    .url = url_of(server.url("/")),
                    .body = {.source = &manifest, .length = 2},
                    .body_may_repeat = true};
  CHECK(transport->send(put, {}).status == 200);
  CHECK(resets == 4);
}

TEST_CASE("an upload's bytes are not sent again by themselves; its caller is told") {
  std::atomic<int> resets = 0;
  RawServer server(one_request_each(resets));
  const auto transport = test_transport();
  transport->send({.url = url_of(server.url("/"))}, {});
  const MemorySource bytes("bytes");
  bool went_stale = false;
  Request put{.method = Method::put,
              .url = url_of(server.url("/")),
              .body = {.source = &bytes, .length = 5},
              .went_stale = &went_stale};
  CHECK_FAILS(transport->send(put, {}), ErrorKind::network, "PUT ");
  CHECK(went_stale);
  put.fresh_connection = true;
  CHECK(transport->send(put, {}).status == 200);
  CHECK(resets == 1);
}

TEST_CASE("a connection that breaks at its first request is a failure") {
  RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.reset();
  });
  CHECK_FAILS(test_transport()->send({.url = url_of(server.url("/"))}, {}), ErrorKind::network, "");
  CHECK(server.connections() == 1);
}

TEST_CASE("a proxy's refusal to connect is final; a fault of it passes") {
  for (const int status : {403, 404, 451, 502, 503}) {
    CAPTURE(status);
    RawServer proxy([status](RawConnection& connection) {
      connection.read_head();
      connection.reply(status, "<html>no</html>");
    });
    const auto transport = test_transport({.proxies = through(proxy)});
    const Error error = test::failure_of(
        [&] { transport->send({.url = url_of("https://registry.example/v2/")}, {}); });
    CHECK(error.kind() == ErrorKind::network);
    CHECK(error.message().find(cat("the proxy refused to connect (", status, ")")) !=
          std::string::npos);
    CHECK(error.is_lasting() == (status < 500));
  }
}

TEST_CASE("a reply that came through a proxy in plain text names it") {
  RawServer proxy([](RawConnection& connection) {
    connection.read_head();
    connection.reply(403, "<html>no</html>");
  });
  const auto transport = test_transport({.proxies = through(proxy)});
  const Response response = transport->send({.url = url_of("http://registry.example/v2/")}, {});
  CHECK(response.proxy == proxy.url(""));
}

}  // namespace kept_connections_test
