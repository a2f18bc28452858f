#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "base/text.h"
#include "registry/server/api/api.h"
#include "registry/server/net/server.h"
#include "registry/server/store/folder_store.h"
#include "test/support/put_blob.h"
#include "test/support/raw_client.h"

namespace serve_hostile_test {

using namespace n2c;
using namespace n2c::registry;
using namespace std::chrono_literals;
using test::RawClient;

namespace {

const std::string hello_digest = oci::Digest::of("hello").str();

/// A registry in a folder, with short times. At its end nothing may be left of any client.
struct Registry {
  explicit Registry(ServerOptions options = {})
      : store(folder.path()), api(store), server(api, shortened(std::move(options))) {}

  static ServerOptions shortened(ServerOptions options) {
    options.header_time = std::min(options.header_time, 300ms);
    options.idle_time = std::min(options.idle_time, 300ms);
    return options;
  }

  RawClient connect() const { return RawClient(server.port()); }
  std::string ask(std::string_view request) const { return connect().ask(request); }

  std::string begin_session() const {
    const std::string reply =
        ask("POST /v2/app/blobs/uploads/ HTTP/1.1\r\nHost: r\r\nContent-Length: 0\r\n\r\n");
    const std::size_t at = reply.find("Location: ") + 10;
    return reply.substr(at, reply.find('\r', at) - at);
  }

  std::size_t staged_files() const {
    using Files = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(Files(folder.path() / "uploads"), Files()));
  }

  std::uintmax_t staged_bytes() const {
    std::uintmax_t sum = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder.path() / "uploads")) {
      sum += file.file_size();
    }
    return sum;
  }

  TemporaryFolder folder;
  FolderStore store;
  Api api;
  Server server;
};

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

std::size_t open_descriptors() {
  using Files = std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(Files("/dev/fd"), Files()));
}

std::string patch(const std::string& location, std::size_t length, std::string_view body) {
  return cat("PATCH ", location, " HTTP/1.1\r\nHost: r\r\nContent-Length: ", length, "\r\n\r\n",
             body);
}

int status_of(std::string_view reply) {
  if (!reply.starts_with("HTTP/1.1 ")) return 0;
  return static_cast<int>(parse_number(reply.substr(9, 3)).value_or(0));
}

}  // namespace

TEST_CASE("a header that does not come in time is answered 408 and dropped") {
  const Registry registry;
  RawClient client = registry.connect();
  client.send("GET /v2/ HTTP/1.1\r\nHost:");
  CHECK(status_of(client.receive()) == 408);
  CHECK(eventually([&] { return registry.server.connection_count() == 0; }));
}

TEST_CASE("a client that says nothing is dropped without a word") {
  const Registry registry;
  RawClient client = registry.connect();
  CHECK(client.receive() == "");
  CHECK(eventually([&] { return registry.server.connection_count() == 0; }));
}

TEST_CASE("a header that drips in keeps no one waiting for long") {
  const Registry registry;
  RawClient client = registry.connect();
  const auto begun = std::chrono::steady_clock::now();
  client.send("GET /v2/ HTTP/1.1\r\n");
  while (client.send("X") && std::chrono::steady_clock::now() - begun < 8s) {
    std::this_thread::yield();
  }
  CHECK(std::chrono::steady_clock::now() - begun < 8s);
  CHECK(eventually([&] { return registry.server.connection_count() == 0; }));
}

TEST_CASE("endless headers and endless targets are answered 431") {
  const Registry registry({.max_header_bytes = 8 << 10});
  const std::string field = cat("X-Long: ", std::string(100, 'x'), "\r\n");
  std::string many = "GET /v2/ HTTP/1.1\r\n";
  while (many.size() < (64 << 10)) many += field;
  for (const std::string& request :
       {many, cat("GET /v2/", std::string(64 << 10, 'a')), std::string(64 << 10, 'A')}) {
    RawClient client = registry.connect();
    client.send(request);
    const int status = status_of(client.receive());
    CHECK(status == 431);
  }
  CHECK(status_of(registry.ask("GET /v2/ HTTP/1.1\r\nHost: r\r\n\r\n")) == 200);
}

TEST_CASE("lengths that contradict each other are answered 400") {
  const Registry registry;
  for (const char* lengths :
       {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: -1\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5x\r\n",
        "Content-Length: 99999999999999999999999\r\n"}) {
    CAPTURE(lengths);
    const std::string reply = registry.ask(cat("POST /v2/app/blobs/uploads/?digest=", hello_digest,
                                               " HTTP/1.1\r\nHost: r\r\n", lengths, "\r\nhello"));
    CHECK(status_of(reply) == 400);
  }
  CHECK(registry.staged_files() == 0);
}

TEST_CASE("a body shorter than it was announced never becomes a blob") {
  Registry registry;
  const std::string reply =
      registry.ask(cat("POST /v2/app/blobs/uploads/?digest=", hello_digest,
                       " HTTP/1.1\r\nHost: r\r\nContent-Length: 9\r\n\r\nhello"));
  CHECK(reply == "");
  CHECK(eventually([&] { return registry.server.connection_count() == 0; }));
  CHECK_FALSE(registry.store.stat("app", oci::Digest::of("hello")));
  CHECK(registry.api.session_count() == 0);
  CHECK(registry.staged_files() == 0);
}

TEST_CASE("chunks that are none are answered 400 and end the connection") {
  Registry registry;
  const std::string location = registry.begin_session();
  for (const char* body : {"zz\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n",
                           "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"}) {
    CAPTURE(body);
    const std::string reply = registry.ask(cat(
        "PATCH ", location, " HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n", body));
    CHECK(status_of(reply) == 400);
    CHECK(eventually([&] { return registry.server.connection_count() == 0; }));
  }
  CHECK(registry.api.session_count() == 1);
}

TEST_CASE("a client that vanishes in a PATCH can go on where the session stands") {
  Registry registry;
  const std::string location = registry.begin_session();
  RawClient client = registry.connect();
  client.send(patch(location, 5, "hel"));
  CHECK(eventually(
      [&] { return !std::filesystem::is_empty(registry.folder.path() / "uploads" / "0"); }));
  client.vanish();
  CHECK(eventually([&] {
    return registry.ask(cat("GET ", location, " HTTP/1.1\r\nHost: r\r\n\r\n"))
        .contains("Range: 0-2\r\n");
  }));
  const std::string closed =
      registry.ask(cat("PUT ", location, "?digest=", hello_digest,
                       " HTTP/1.1\r\nHost: r\r\nContent-Length: 2\r\n\r\nlo"));
  CHECK(status_of(closed) == 201);
  CHECK(registry.store.stat("app", oci::Digest::of("hello")) == 5);
  CHECK(registry.staged_files() == 0);
}

TEST_CASE("a body that stops coming is answered 408") {
  Registry registry;
  const std::string location = registry.begin_session();
  RawClient client = registry.connect();
  client.send(patch(location, 5, "hel"));
  CHECK(status_of(client.receive()) == 408);
}

TEST_CASE("a session is written by one request at a time, and cancelling it ends that one too") {
  Registry registry({.idle_time = 10s});
  const std::string location = registry.begin_session();
  RawClient first = registry.connect();
  first.send(patch(location, 5, "hel"));
  CHECK(eventually(
      [&] { return !std::filesystem::is_empty(registry.folder.path() / "uploads" / "0"); }));
  CHECK(status_of(registry.ask(patch(location, 2, "XX"))) == 409);
  const std::string cancelled =
      registry.ask(cat("DELETE ", location, " HTTP/1.1\r\nHost: r\r\n\r\n"));
  CHECK(status_of(cancelled) == 204);
  first.send("lo");
  first.receive("\r\n\r\n");
  CHECK(eventually([&] { return registry.staged_files() == 0; }));
  CHECK(registry.api.session_count() == 0);
}

TEST_CASE("paths with tricks name nothing outside the registry") {
  const Registry registry;
  const std::string digest = cat("/blobs/", hello_digest);
  for (const std::string& path :
       {cat("/v2/..", digest), cat("/v2/../../etc", digest), cat("/v2/%2e%2e", digest),
        cat("/v2/app%2f..%2fother", digest), cat("/v2/app%00", digest), cat("/v2/app/.", digest),
        cat("/v2//app", digest), cat("/v2/App", digest), cat("/v2/app+other", digest),
        cat("/v2/app%", digest), std::string("/v2/app/blobs/sha256:../../../../etc/passwd"),
        std::string("/v2/app/blobs/sha256:%2e%2e%2fx"), std::string("/v2/app/manifests/..%2fx"),
        std::string("/v2/app/manifests/%00"), std::string("/v2/app/blobs/uploads/..%2f..%2flock"),
        std::string("/v2/app/referrers/sha256:..")}) {
    CAPTURE(path);
    const int status = status_of(registry.ask(cat("GET ", path, " HTTP/1.1\r\nHost: r\r\n\r\n")));
    CHECK((status == 400 || status == 404));
  }
  using Files = std::filesystem::directory_iterator;
  CHECK(Files(registry.folder.path() / "repositories") == Files());
}

TEST_CASE("clients that vanish everywhere leave nothing behind") {
  Registry registry;
  registry.ask(cat("POST /v2/app/blobs/uploads/?digest=", hello_digest,
                   " HTTP/1.1\r\nHost: r\r\nContent-Length: 5\r\n\r\nhello"));
  const std::string whole = cat("POST /v2/app/blobs/uploads/?digest=", hello_digest,
                                " HTTP/1.1\r\nHost: r\r\nContent-Length: 5\r\n\r\nhello",
                                "GET /v2/app/blobs/", hello_digest, " HTTP/1.1\r\nHost: r\r\n\r\n");
  CHECK(eventually([&] { return registry.server.connection_count() == 0; }));
  const std::size_t before = open_descriptors();
  for (std::size_t sent = 0; sent <= whole.size(); ++sent) {
    RawClient client = registry.connect();
    client.send(std::string_view(whole).substr(0, sent));
    client.vanish();
  }
  // The last of them may still be waiting to be accepted.
  CHECK(eventually(
      [&] { return registry.server.connection_count() == 0 && open_descriptors() == before; }));
  CHECK(registry.api.session_count() == 0);
  CHECK(registry.staged_files() == 0);
}

TEST_CASE("one connection more than allowed is answered 503 when all others are at work") {
  Registry registry({.max_connections = 2, .patience = 10ms, .idle_time = 10s});
  const std::vector<std::string> sessions{registry.begin_session(), registry.begin_session()};
  RawClient first = registry.connect();
  first.send(patch(sessions[0], 5, "hel"));
  RawClient second = registry.connect();
  second.send(patch(sessions[1], 5, "hel"));
  CHECK(eventually([&] { return registry.staged_bytes() == 6; }));
  RawClient third = registry.connect();
  CHECK(status_of(third.receive()) == 503);
  first.vanish();
  CHECK(eventually([&] { return registry.server.connection_count() == 1; }));
  CHECK(status_of(registry.ask("GET /v2/ HTTP/1.1\r\nHost: r\r\n\r\n")) == 200);
}

TEST_CASE("a reader that takes nothing is dropped") {
  Registry registry;
  const std::string large(64 << 20, 'x');
  const oci::Digest digest = test::put_blob(registry.store, "app", large);
  RawClient client = registry.connect();
  client.send(cat("GET /v2/app/blobs/", digest.str(), " HTTP/1.1\r\nHost: r\r\n\r\n"));
  CHECK(eventually([&] { return registry.server.connection_count() == 1; }));
  CHECK(eventually([&] { return registry.server.connection_count() == 0; }));
}

}  // namespace serve_hostile_test
