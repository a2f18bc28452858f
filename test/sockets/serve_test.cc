#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "registry/server/api/api.h"
#include "registry/server/net/server.h"
#include "registry/server/store/memory_store.h"
#include "test/support/api_caller.h"
#include "test/support/check_fails.h"
#include "test/support/raw_client.h"

namespace serve_test {

using namespace n2c;
using namespace n2c::registry;
using namespace std::chrono_literals;
using test::RawClient;

namespace {

const std::string base_request = "GET /v2/ HTTP/1.1\r\nHost: r\r\n\r\n";
const std::string hello_digest = oci::Digest::of("hello").str();

struct Registry {
  explicit Registry(ServerOptions options = {}, Interceptor interceptor = {})
      : server(api, std::move(options), std::move(interceptor)) {}
  RawClient connect() const { return RawClient(server.port()); }
  MemoryStore store;
  Api api{store};
  Server server;
};

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::string upload(std::string_view more_headers) {
  return cat("POST /v2/app/blobs/uploads/?digest=", hello_digest,
             " HTTP/1.1\r\nHost: r\r\nContent-Length: 5\r\n", more_headers, "\r\n");
}

}  // namespace

TEST_CASE("requests in a row on one connection are answered in order") {
  const Registry registry;
  const std::string replies =
      registry.connect().ask(cat(base_request, upload(""), "hello", "HEAD /v2/app/blobs/",
                                 hello_digest, " HTTP/1.1\r\nHost: r\r\n\r\n", base_request));
  CHECK(count_of(replies, "HTTP/1.1 200 OK") == 3);
  CHECK(replies.find("201 Created") > replies.find("200 OK"));
  CHECK(replies.ends_with("{}"));
}

TEST_CASE("Connection: close and HTTP/1.0 end the connection after the reply") {
  const Registry registry;
  for (const char* request :
       {"GET /v2/ HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n", "GET /v2/ HTTP/1.0\r\n\r\n"}) {
    RawClient client = registry.connect();
    client.send(request);
    const std::string reply = client.receive();
    CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(reply.contains("Connection: close\r\n"));
  }
}

TEST_CASE("100 Continue is sent when the body is wanted, and not when it is not") {
  const Registry registry;
  RawClient wanted = registry.connect();
  wanted.send(upload("Expect: 100-continue\r\n"));
  CHECK(wanted.receive("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  wanted.send("hello");
  CHECK(wanted.receive("\r\n\r\n").starts_with("HTTP/1.1 201 Created"));

  RawClient refused = registry.connect();
  refused.send(
      "PUT /v2/app/blobs/uploads/none HTTP/1.1\r\nHost: r\r\nContent-Length: 5\r\n"
      "Expect: 100-continue\r\n\r\n");
  const std::string reply = refused.receive();
  CHECK(reply.starts_with("HTTP/1.1 404 Not Found"));
  CHECK(reply.contains("Connection: close"));
}

TEST_CASE("a refusal reaches a client that is still sending") {
  const Registry registry;
  RawClient client = registry.connect();
  client.send(
      "PUT /v2/app/blobs/uploads/none HTTP/1.1\r\nHost: r\r\nContent-Length: 8000000\r\n\r\n");
  for (int i = 0; i < 8; ++i) {
    if (!client.send(std::string(1'000'000, 'x'))) break;
  }
  CHECK(client.receive("BLOB_UPLOAD_UNKNOWN").starts_with("HTTP/1.1 404 Not Found"));
}

TEST_CASE("every request is logged once it is answered") {
  std::mutex mutex;
  std::vector<AccessRecord> records;
  ServerOptions options;
  options.on_access = [&](const AccessRecord& record) {
    const std::scoped_lock hold(mutex);
    records.push_back(record);
  };
  {
    const Registry registry(std::move(options));
    registry.connect().ask(cat(upload("User-Agent: test/1\r\n"), "hello"));
  }
  REQUIRE(records.size() == 1);
  CHECK(records[0].method == "POST");
  CHECK(records[0].target.starts_with("/v2/app/blobs/uploads/"));
  CHECK(records[0].status == 201);
  CHECK(records[0].bytes_in == 5);
  CHECK(records[0].user_agent == "test/1");
  CHECK(records[0].peer.starts_with("127.0.0.1:"));
}

TEST_CASE("draining lets a request end, closes idle connections and takes no more") {
  std::atomic<bool> begun = false;
  Registry registry({.idle_time = 60s}, [&](const Request& request) -> std::optional<Verdict> {
    if (request.method == Method::post) begun = true;
    return {};
  });
  RawClient idle = registry.connect();
  idle.send(base_request);
  CHECK(idle.receive("{}").ends_with("{}"));
  RawClient busy = registry.connect();
  busy.send(upload(""));
  while (!begun) std::this_thread::yield();
  std::thread drain([&] { registry.server.drain(10s); });
  CHECK(idle.receive() == "");
  busy.send("hello");
  const std::string reply = busy.receive();
  CHECK(reply.starts_with("HTTP/1.1 201 Created"));
  CHECK(reply.contains("Connection: close"));
  drain.join();
  CHECK(registry.server.connection_count() == 0);
  CHECK_FAILS(registry.connect(), ErrorKind::local, "connect: Connection refused");
}

TEST_CASE("an interceptor answers, cuts and amends") {
  const Registry registry({}, [](const Request& request) -> std::optional<Verdict> {
    const std::string_view kind = request.headers.get("X-Test");
    if (kind == "answer") return Verdict{.answer = Reply{.status = 418, .body = "teapot"}};
    if (kind == "cut request") return Verdict{.cut_request_after = 2};
    if (kind == "cut reply") return Verdict{.cut_reply_after = 1};
    if (kind == "no reply") return Verdict{.cut_reply = true};
    if (kind == "amend") return Verdict{.amend = [](Reply& reply) { reply.status = 202; }};
    return {};
  });
  const auto ask = [&](std::string_view kind) {
    return registry.connect().ask(
        cat("GET /v2/ HTTP/1.1\r\nHost: r\r\nX-Test: ", kind, "\r\n\r\n"));
  };
  CHECK(ask("answer").starts_with("HTTP/1.1 418"));
  CHECK(ask("answer").ends_with("teapot"));
  CHECK(ask("cut reply").ends_with("\r\n\r\n{"));
  CHECK(ask("no reply") == "");
  CHECK(ask("amend").starts_with("HTTP/1.1 202"));
  CHECK(registry.connect().ask(cat(upload("X-Test: cut request\r\n"), "hello")) == "");
  CHECK(registry.connect().ask(cat(upload("X-Test: no reply\r\n"), "hello")) == "");
}

TEST_CASE("a failure of the handler is 500, and why is said to the server's owner alone") {
  std::mutex mutex;
  std::vector<std::string> told;
  ServerOptions options;
  options.on_failure = [&](std::string_view line) {
    const std::scoped_lock hold(mutex);
    told.emplace_back(line);
  };
  const Server server([](Request&) -> Reply { throw std::runtime_error("secret"); }, options);
  const std::string reply = RawClient(server.port()).ask(base_request);
  CHECK(reply.starts_with("HTTP/1.1 500 "));
  CHECK_FALSE(reply.contains("secret"));
  const std::scoped_lock hold(mutex);
  CHECK(told == std::vector<std::string>{"secret"});
}

TEST_CASE("an address in use cannot be listened on, and a free port is advised") {
  const Registry registry;
  const auto again = [&] { Registry({.port = registry.server.port()}); };
  const std::string taken = cat("listen on 127.0.0.1:", registry.server.port());
  CHECK_FAILS(again(), ErrorKind::local, cat(taken, ": another program has that port"));
  CHECK_FAILS(again(), ErrorKind::local, "--listen 127.0.0.1:0");
}

}  // namespace serve_test
