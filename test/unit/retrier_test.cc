/// What is tried again, and what is said of it (#19).

#include "registry/client/retrier.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "registry/client/tag_list.h"
#include "registry/client/upload.h"
#include "test/support/check_fails.h"
#include "test/support/fake_clock.h"
#include "test/support/host_scene.h"

namespace retrier_test {

using namespace n2c;
using namespace n2c::registry;
using namespace std::chrono_literals;
using test::HostScene;

namespace {

const oci::Descriptor blob{.media_type = "t", .digest = oci::Digest::of("x"), .size = 1};
constexpr std::array passing = {408, 425, 429, 499, 500, 502, 503, 504, 520, 524, 530, 599};

HostOptions tries(int attempts) { return {.retry = {.attempts = attempts}}; }

/// A host that cannot be connected to but for its first `answers` requests.
class Unreachable final : public Sender {
 public:
  explicit Unreachable(int answers) : answers_(answers) {}
  HostReply send(const HostCall&, std::stop_token) override {
    if (answers_-- > 0) return {.response = {.status = 200}};
    throw Error(ErrorKind::network, "connection refused").unreached();
  }

 private:
  int answers_;
};

/// How long a host is tried that answers so many requests and none after them.
std::chrono::nanoseconds tried(int answers) {
  test::FakeClock clock;
  Notes notes({});
  RetryWaits waits({}, clock, 1, notes);
  Unreachable host(answers);
  Retrier retrier(host, waits, [](const Error& error, const http::Request&) { return error; });
  const auto began = clock.now();
  for (int i = 0; i < answers; ++i) retrier.send({}, {});
  CHECK_FAILS(retrier.send({}, {}), ErrorKind::network, "connection refused; given up after");
  return clock.now() - began;
}

}  // namespace

TEST_CASE("a host that was never reached is given up within 3 s, one that was is waited for") {
  CHECK(tried(0) <= 3s);
  CHECK(tried(1) > 10s);
}

TEST_CASE("a passing fault is tried again at every request, HEAD and a manifest's PUT included") {
  for (const int status : passing) {
    CAPTURE(status);
    HostScene scene;
    for (const std::string method : {"HEAD", "GET", "PUT"}) {
      scene.transport.when(method, "", {.status = status});
      scene.transport.when(method, "", {.status = method == "PUT" ? 201 : 200});
    }
    CHECK(scene.client->has_blob(blob, {}));
    CHECK(scene.client->get_manifest("1", {}));
    CHECK(std::holds_alternative<ManifestStored>(scene.client->put_manifest("1", "t", "{}", {})));
    CHECK(scene.noted().size() == 3);
  }
}

TEST_CASE("a fault at HEAD that does not pass is never \"absent\"") {
  for (const int status : passing) {
    CAPTURE(status);
    HostScene scene({}, tries(2));
    scene.transport.always("HEAD", "", {.status = status});
    CHECK_FAILS(scene.client->has_blob(blob, {}), ErrorKind::registry, cat(": ", status));
    CHECK_FAILS(scene.client->head_manifest("1", {}), ErrorKind::registry, "after 2 tries");
  }
}

TEST_CASE("the last message says how many tries were made, and one try is not counted") {
  HostScene scene({}, tries(4));
  scene.transport.always("GET", "", {.status = 503, .body = "busy"});
  CHECK_FAILS(scene.client->get_manifest("1", {}), ErrorKind::registry,
              "503: busy; given up after 4 tries");
  HostScene lost({}, tries(3));
  lost.transport.lose("GET", "", 0, 10);
  CHECK_FAILS(lost.client->get_manifest("1", {}), ErrorKind::network,
              ": cut; given up after 3 tries");
  HostScene once({}, tries(1));
  once.transport.always("GET", "", {.status = 503, .body = "busy"});
  const Error error = test::failure_of([&] { once.client->get_manifest("1", {}); });
  CHECK(error.message().ends_with("503: busy"));
}

TEST_CASE("an upload that fails says how many tries were made") {
  HostScene scene({}, tries(3));
  scene.transport.always("POST", "", {.status = 202, .headers = {{"Location", "/u/1"}}});
  scene.transport.always("PUT", "/u/1", {.status = 503});
  scene.transport.always("HEAD", "", {.status = 404});
  scene.transport.always("DELETE", "", {.status = 204});
  scene.transport.always("GET", "r.example/v2/", {.status = 200});
  std::atomic<std::uint64_t> sent = 0;
  CHECK_FAILS(scene.client->upload(MemorySource("x"), "t", blob, sent, {}), ErrorKind::registry,
              "503; given up after 3 tries");
}

TEST_CASE("a Retry-After that is longer than the limit is said with both numbers") {
  HostScene scene;
  scene.transport.always("GET", "", {.status = 429, .headers = {{"Retry-After", "3600"}}});
  const Error error = test::failure_of([&] { scene.client->get_manifest("1", {}); });
  CHECK(error.message().find("3600 s (Retry-After)") != std::string::npos);
  CHECK(error.message().find("900 s (--retry-max-time)") != std::string::npos);
  CHECK(scene.transport.requests().size() == 1);
}

TEST_CASE("alike reasons of several requests are said once, other ones and later ones too") {
  test::FakeClock clock;
  Locked<std::vector<std::string>> lines;
  Notes notes(
      [&](const Printable& line) { lines.with([&](auto& all) { all.push_back(line.str()); }); });
  /// Time stands still, as for requests that are made at once.
  class Standing final : public Clock {
   public:
    TimePoint now() override { return at; }
    bool wait(std::chrono::nanoseconds, std::stop_token) override { return true; }
    TimePoint at{1h};
  } standing;
  RetryWaits waits({}, standing, 1, notes);
  const auto setback = [&](int attempt, std::string_view why) {
    CHECK_FALSE(waits.wait({.attempt = attempt, .since = standing.now(), .why = why}, {}));
  };
  setback(1, "PUT https://r.example/u/1: 503 (request 1)");
  setback(1, "PUT https://r.example/u/2: 503 (request 2)");
  setback(1, "PUT https://r.example/u/3: cut");
  setback(2, "PUT https://r.example/u/1: 503 (request 3)");
  CHECK(lines.with([](auto& all) { return all.size(); }) == 3);
  standing.at += 1min;
  setback(1, "PUT https://r.example/u/1: 503 (request 1)");
  CHECK(lines.with([](auto& all) { return all.size(); }) == 4);
}

TEST_CASE("what only saves time is gone without: mounts and lists of tags") {
  for (const int status : {400, 404, 500}) {
    CAPTURE(status);
    HostScene scene({}, tries(2));
    scene.transport.always(
        "POST", "mount=", test::challenged(R"(Bearer realm="https://auth.example/token")"));
    scene.transport.always("GET", "auth.example", {.status = status});
    CHECK_FALSE(scene.client->mount(blob, {"r.example", "base"}, {}));
    CHECK(scene.noted().back().starts_with("no layers from r.example/base: "));
  }
  HostScene scene({}, tries(2));
  scene.transport.when("GET", "/tags/list", {.status = 200, .body = R"({"tags":["1"]})"});
  CHECK(scene.client->get_tag_page("", {})->tags == std::vector<std::string>{"1"});
  scene.transport.when("GET", "/tags/list", {.status = 503});
  CHECK_FAILS(scene.client->get_tag_page("", {}), ErrorKind::registry, ": 503");  // tried once
  scene.transport.when("GET", "/tags/list", {.status = 404});
  CHECK_FALSE(scene.client->get_tag_page("", {}));
  scene.transport.always("GET", "/tags/list",
                         {.status = 302, .headers = {{"Location", "file:///x"}}});
  CHECK_FAILS(scene.client->get_tag_page("", {}), ErrorKind::registry,
              "redirected: not an http or https URL");
}

}  // namespace retrier_test
