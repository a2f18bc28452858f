/// Connections that break, stall and lie, and what a push makes of them.

#include <doctest/doctest.h>

#include <thread>

#include "registry/client/upload.h"
#include "test/support/check_fails.h"
#include "test/support/push_rig.h"

namespace faults_test {

using namespace n2c;
using namespace n2c::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* uploads = "/blobs/uploads/";

std::string failure_of(PushRig& rig, const Image& image) {
  try {
    rig.push(image);
  } catch (const Error& error) {
    return error.message() + "\n" + error.hint();
  }
  return {};
}

}  // namespace

TEST_CASE("a connection cut in mid-upload opens a new session and sends from the start") {
  FaultyRegistry registry;
  registry.when("PATCH|PUT", uploads).nth(1).cut_after(1 << 20);
  PushRig rig(registry);
  const PushReport report = rig.push(small_image(1, 4 << 20));
  CHECK(holds_whole(registry, report));
  CHECK(registry.requests("POST /v2/acme/app/blobs/uploads/") == 3);  // layer twice, config
  CHECK(registry.sessions_used_twice().empty());
  CHECK(rig.notes().size() == 1);
}

TEST_CASE("a large upload that was cut goes on from the registry's offset") {
  FaultyRegistry registry;
  registry.when("PATCH", uploads).nth(1).cut_after(6 << 20);
  PushRig rig(registry, {.profile = {.continue_from = 4 << 20}});
  const PushReport report = rig.push_as(small_image(1, 8 << 20), {.tags = {"1"}});
  CHECK(holds_whole(registry, report));
  CHECK(registry.requests("GET /v2/acme/app/blobs/uploads/") == 1);
  CHECK(registry.requests("POST /v2/acme/app/blobs/uploads/") == 2);
  CHECK(registry.sessions_used_twice().empty());
}

TEST_CASE("a PUT that arrived though its answer was lost is not sent again") {
  FaultyRegistry registry;
  registry.when("PUT", uploads).nth(1).cut_reply();
  PushRig rig(registry);
  CHECK(holds_whole(registry, rig.push(small_image(1, 100'000))));
  CHECK(registry.requests("PUT /v2/acme/app/blobs/uploads/") == 2);  // layer, config
}

TEST_CASE("a registry that stalls is given up on within the limit, and tried again") {
  FaultyRegistry registry;
  registry.when("PUT", uploads).nth(1).answer(503, "", {{"Retry-After", "0"}});
  registry.when("POST", uploads).nth(1).stall(20s);
  registry.when("PUT", "/manifests/").nth(1).answer(500);
  PushRig rig(registry, {.stall_timeout = 1s});
  CHECK(holds_whole(registry, rig.push(small_image(2, 1000))));
}

TEST_CASE("a HEAD that lies: the blobs that the manifest names as missing are sent, once") {
  FaultyRegistry registry;
  registry.when("HEAD", "/blobs/").times(2).answer(200);
  PushRig rig(registry);
  CHECK(holds_whole(registry, rig.push(small_image(2, 1000))));
  CHECK(registry.requests("PUT /v2/acme/app/manifests/1") == 2);
}

TEST_CASE("a body that does not match what is known is refused, and nothing is tagged") {
  FaultyRegistry registry;
  Image image = small_image(1, 1000);
  image.layers[0].blob.bytes = std::make_shared<MemorySource>(noise(1000, 77));
  PushRig rig(registry);
  CHECK(failure_of(rig, image).find("layer 1 of 1") != std::string::npos);
  CHECK_FALSE(registry.store().find_tag("acme/app", "1"));
}

TEST_CASE("a Location that leads to a file or to a private address is refused") {
  for (const char* location :
       {"file:///etc/passwd", "http://169.254.169.254/latest/", "ftp://x/"}) {
    FaultyRegistry registry;
    registry.when("POST", uploads).times(100).amend([=](registry::Reply& reply) {
      reply.headers.set("Location", location);
    });
    PushRig rig(registry);
    CHECK(failure_of(rig, small_image(1, 100)).find("Location") != std::string::npos);
    CHECK_FALSE(registry.store().find_tag("acme/app", "1"));
  }
}

TEST_CASE("a reply without end is not read for ever") {
  FaultyRegistry registry;
  registry.when("PUT", "/manifests/").times(100).amend([](registry::Reply& reply) {
    struct Endless final : Reader {
      std::size_t read(ByteSpan into) override {
        std::ranges::fill(into, std::byte{'x'});
        return into.size();
      }
    };
    reply.headers.remove("Content-Length");
    reply.body = std::make_unique<Endless>();
  });
  PushRig rig(registry);
  CHECK(failure_of(rig, small_image(1, 100)).find("longer than") != std::string::npos);
}

TEST_CASE("a reply that is shorter than its length is a lost connection, and tried again") {
  FaultyRegistry registry;
  registry.when("GET", "/manifests/").nth(1).cut_reply_after(10);
  PushRig rig(registry);
  const PushReport report = rig.push(small_image(1, 100));
  CHECK(rig.client().get_manifest("1", {})->descriptor.digest == report.manifest->digest);
}

TEST_CASE("a download that is cut goes on where it was") {
  FaultyRegistry registry;
  const Image image = small_image(1, 4 << 20);
  PushRig rig(registry);
  rig.push(image);
  registry.when("GET", "/blobs/sha256").times(3).cut_reply_after(1 << 20);
  const auto reader = rig.client().open_blob(image.layers[0].blob.descriptor, {});
  CHECK(oci::Digest::of(read_all(*reader, 8 << 20)) == image.layers[0].diff_id);
  CHECK(registry.requests("GET /v2/acme/app/blobs/") == 4);
}

TEST_CASE("a registry that is always too busy ends in an error that says so, with nothing tagged") {
  FaultyRegistry registry;
  registry.when("PUT", "/manifests/")
      .times(1000)
      .answer(429, R"({"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]})");
  PushRig rig(registry, {.attempts = 3});
  const std::string failure = failure_of(rig, small_image(1, 100));
  CHECK(failure.find("429 TOOMANYREQUESTS: slow down") != std::string::npos);
  CHECK(registry.requests("PUT /v2/acme/app/manifests/1") == 3);
  CHECK_FALSE(registry.store().find_tag("acme/app", "1"));
}

TEST_CASE("a push that is stopped cancels its sessions") {
  FaultyRegistry registry;
  registry.when("PUT", uploads).nth(1).stall(20s);
  PushRig rig(registry);
  std::stop_source stop;
  std::atomic<std::uint64_t> sent = 0;
  const Layer layer = layer_of(noise(100'000, 1));
  const std::jthread stopper([&] {
    while (registry.requests("PUT ") == 0) std::this_thread::yield();
    stop.request_stop();
  });
  CHECK_FAILS(
      rig.client().upload(*layer.blob.bytes, "t", layer.blob.descriptor, sent, stop.get_token()),
      ErrorKind::cancelled, "stopped on request");
  CHECK(registry.requests("DELETE /v2/acme/app/blobs/uploads/") == 1);
}

}  // namespace faults_test
