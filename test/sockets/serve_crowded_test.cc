// One client must not stop the others (#16).

#include <doctest/doctest.h>

#include <future>
#include <optional>
#include <vector>

#include "base/text.h"
#include "registry/server/api/api.h"
#include "registry/server/net/server.h"
#include "registry/server/store/memory_store.h"
#include "test/support/api_caller.h"
#include "test/support/raw_client.h"

namespace serve_crowded_test {

using namespace n2c;
using namespace n2c::registry;
using namespace std::chrono_literals;
using test::RawClient;

namespace {

const std::string base_request = "GET /v2/ HTTP/1.1\r\nHost: r\r\n\r\n";

struct Registry {
  explicit Registry(ServerOptions options = {}, Interceptor interceptor = {})
      : server(api, std::move(options), std::move(interceptor)) {}
  RawClient connect() const { return RawClient(server.port()); }
  MemoryStore store;
  Api api{store};
  Server server;
};

}  // namespace

TEST_CASE("connections without a whole request keep no one out") {
  const Registry registry({.max_connections = 8});
  std::vector<RawClient> half_open;
  for (int i = 0; i < 50; ++i) {
    half_open.push_back(registry.connect());
    if (i % 2 == 0) half_open.back().send("GET /v2/ HTTP/1.1\r\nHost:");
    if (i % 10 == 9) CHECK(registry.connect().ask(base_request).starts_with("HTTP/1.1 200 "));
  }
  CHECK(half_open.front().receive() == "");  // dropped
}

TEST_CASE("connections that wait between two requests keep no one out") {
  const Registry registry({.max_connections = 4});
  std::vector<RawClient> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(registry.connect());
    idle.back().send(base_request);
    CHECK(idle.back().receive("{}").starts_with("HTTP/1.1 200 "));
  }
  CHECK(idle.front().receive() == "");
}

TEST_CASE("clients that take or send next to nothing keep no one out") {
  Registry registry({.max_connections = 4});
  test::ApiCaller http(registry.api);
  const std::string digest = http.push_blob("app", std::string(16 << 20, 'x'));
  const std::string session = http.post("/v2/app/blobs/uploads/").header("Location");
  std::vector<RawClient> slow;
  for (int i = 0; i < 4; ++i) {
    slow.push_back(registry.connect());
    if (i == 0) {
      slow.back().send(
          cat("PATCH ", session, " HTTP/1.1\r\nHost: r\r\nContent-Length: 9\r\n\r\nx"));
    } else {
      slow.back().send(cat("GET /v2/app/blobs/", digest, " HTTP/1.1\r\nHost: r\r\n\r\n"));
      CHECK(slow.back().receive("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    }
  }
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  std::string reply;
  while (!reply.starts_with("HTTP/1.1 200 ") && std::chrono::steady_clock::now() < deadline) {
    reply = registry.connect().ask(base_request);
  }
  CHECK(reply.starts_with("HTTP/1.1 200 "));
}

TEST_CASE(
    "who comes while all are at work waits for a place, in the order in which they came (#23)") {
  std::promise<void> begun, go_on;
  Registry registry({.max_connections = 1, .patience = 60s}, [&](const Request& request) {
    if (request.target == "/v2/app/tags/list") {
      begun.set_value();
      go_on.get_future().wait();
    }
    return std::optional<Verdict>();
  });
  RawClient busy = registry.connect();
  busy.send("GET /v2/app/tags/list HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n");
  begun.get_future().wait();
  std::vector<RawClient> waiting;
  for (int i = 0; i < 70; ++i) {
    waiting.push_back(registry.connect());
    waiting.back().send("GET /v2/ HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n");
  }
  CHECK(waiting.back().receive().starts_with("HTTP/1.1 503 "));  // 64 wait, and no more
  go_on.set_value();
  CHECK(busy.receive("\r\n\r\n").starts_with("HTTP/1.1 404 "));
  CHECK(waiting.front().receive().starts_with("HTTP/1.1 200 "));
  CHECK(waiting[63].receive().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a thousand uploads that were begun and left keep no one out") {
  MemoryStore store;
  Api api(store, {.max_sessions = 100});
  test::ApiCaller http(api);
  const auto busy = http.post("/v2/app/blobs/uploads/");
  CHECK(http.patch(busy.header("Location"), "hel").status == 202);
  for (int i = 0; i < 1000; ++i) CHECK(http.post("/v2/app/blobs/uploads/").status == 202);
  const auto last = http.post("/v2/app/blobs/uploads/");
  CHECK(http.patch(last.header("Location"), "hello").status == 202);
  // One that holds bytes is there still.
  const std::string digest = oci::Digest::of("hello").str();
  CHECK(http.put(busy.header("Location") + "?digest=" + digest, "lo").status == 201);
  CHECK(api.session_count() <= 100);
}

}  // namespace serve_crowded_test
