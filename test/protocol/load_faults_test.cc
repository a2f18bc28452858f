/// What engines do when something is wrong, and what n2c load makes of it.

#include <doctest/doctest.h>

#include "engine/docker_api.h"
#include "test/support/check_fails.h"
#include "test/support/fake_daemon.h"
#include "test/support/layered_image.h"
#include "test/support/load_rig.h"

namespace load_faults_test {

using namespace n2c;
using namespace n2c::test;
using Store = DockerFacts::Store;

namespace {

/// Answers the n-th load (from 1; 0: every one) by `verdict`.
registry::Interceptor at_load(int n, std::function<registry::Verdict()> verdict) {
  const auto count = std::make_shared<std::atomic<int>>(0);
  return [=](const registry::Request& request) -> std::optional<registry::Verdict> {
    if (request.target.find("/images/load") == std::string::npos) return {};
    if (const int now = ++*count; n != 0 && now != n) return {};
    return verdict();
  };
}

registry::Interceptor answer_load(int n, int status, std::string type, std::string body) {
  return at_load(n, [=] {
    return registry::Verdict{.answer = registry::Reply{status, {{"Content-Type", type}}, body}};
  });
}

Error failure_of(const FakeDaemon& daemon, const Image& image,
                 const std::vector<std::string>& names = {"app:1"}) {
  try {
    load(daemon, image, names);
  } catch (const Error& error) {
    return error;
  }
  FAIL("no Error");
  return {ErrorKind::internal, ""};
}

const std::string no_space =
    "{\"errorDetail\":{\"message\":\"write /layer: no space left on device\"}}\r\n";

/// An engine that has app:1 with layers a and b, and then misbehaves at its second load.
Loaded load_changed(FakeDaemon& daemon) {
  load(daemon, layered_image({"a", "b"}), {"app:1"});
  return load(daemon, layered_image({"a", "c"}), {"app:1"});
}

}  // namespace

TEST_CASE("an error in the stream after a 200 is the engine's own words, and names stay") {
  FakeDaemon daemon({}, answer_load(2, 200, "application/json", no_space));
  const Image first = layered_image({"a"});
  load(daemon, first, {"app:1"});
  const Error error = failure_of(daemon, layered_image({"x"}));
  CHECK(error.kind() == ErrorKind::registry);
  CHECK(
      error.message().find("the engine refused the image: write /layer: no space left on device") !=
      std::string::npos);
  CHECK(daemon.id_of("docker.io/library/app:1") == oci::Digest::of(first.config_json).str());
}

TEST_CASE("a thin archive that the engine refuses is followed by the whole one, and that is said") {
  for (const auto& [status, body] :
       {std::pair{200, no_space}, std::pair{500, std::string(R"({"message":"boom"})")},
        std::pair{502, std::string("<html>bad gateway</html>")},
        std::pair{200, std::string("{\"stream\":\"Error unpacking image: gone\"}")},
        std::pair{200, std::string()}}) {
    CAPTURE(body);
    FakeDaemon daemon({}, answer_load(2, status, "text/plain", body));
    const Loaded loaded = load_changed(daemon);
    CHECK(loaded.report.layers_sent == 2);
    REQUIRE(loaded.notes.size() == 1);
    CHECK(loaded.notes[0].ends_with("; sending it whole"));
    CHECK(daemon.archives().back().size() == 2);
    CHECK(daemon.id_of("docker.io/library/app:1") == loaded.report.image_id);
  }
}

TEST_CASE("an engine that drops the connection at a thin archive gets the whole one") {
  FakeDaemon daemon({}, at_load(2, [] { return registry::Verdict{.cut_request_after = 100}; }));
  const Loaded loaded = load_changed(daemon);
  CHECK(loaded.report.layers_sent == 2);
  CHECK(loaded.notes.size() == 1);
}

TEST_CASE("dockerd 28 that has lost a blob keeps a broken image until the whole one is sent") {
  FakeDaemon daemon({.store = Store::containerd});
  // The engine says that app:1 has layers a and b, but b's blob is gone.
  daemon.hold("sha256:" + std::string(64, '1'), {{oci::Digest::of("a")}, true});
  daemon.hold("sha256:" + std::string(64, '2'),
              {{oci::Digest::of("a"), oci::Digest::of("b")}, true}, "docker.io/library/app:1");
  daemon.forget_blob(oci::Digest::of("b"));
  const Loaded loaded = load(daemon, layered_image({"a", "b", "c"}), {"app:1"});
  CHECK(daemon.archives().size() == 2);
  CHECK(loaded.report.layers_sent == 3);
  REQUIRE(loaded.notes.size() == 1);
  CHECK(loaded.notes[0].find("Error unpacking image") != std::string::npos);
  CHECK(daemon.id_of("docker.io/library/app:1") == loaded.report.image_id);
}

TEST_CASE("an engine that says it loaded the image and has another or none is not believed") {
  const Image image = layered_image({"a", "b"});
  FakeDaemon silent({}, answer_load(0, 200, "application/json", "{\"stream\":\"Loaded image\"}"));
  CHECK(failure_of(silent, image).message().find("it has no image sha256:") != std::string::npos);

  const std::string id = oci::Digest::of(image.config_json).str();
  FakeDaemon wrong({}, answer_load(0, 200, "application/json", "{\"stream\":\"Loaded image\"}"));
  wrong.hold(id, {{oci::Digest::of("z")}, true});
  CHECK(failure_of(wrong, image).message().find("with 1 layers instead of 2") != std::string::npos);
}

TEST_CASE("a reply that never comes ends in a network error that names the request") {
  FakeDaemon daemon({},
                    at_load(0, [] { return registry::Verdict{.delay = std::chrono::minutes(5)}; }));
  const Error error = failure_of(daemon, layered_image({"a"}));
  CHECK(error.kind() == ErrorKind::network);
  CHECK(error.message().find("/images/load") != std::string::npos);
}

TEST_CASE("an engine that stops reading ends in a network error, however large the image") {
  FakeDaemon daemon({},
                    at_load(0, [] { return registry::Verdict{.delay = std::chrono::minutes(5)}; }));
  CHECK(failure_of(daemon, layered_image({std::string(32 << 20, 'x')})).kind() ==
        ErrorKind::network);
}

TEST_CASE("an engine that dies in the middle of the image ends in an error") {
  FakeDaemon daemon({}, at_load(0, [] { return registry::Verdict{.cut_request_after = 1 << 20}; }));
  CHECK(failure_of(daemon, layered_image({std::string(8 << 20, 'x')})).kind() ==
        ErrorKind::network);
}

TEST_CASE("a layer that is not what the image says is an integrity error, not sent a second time") {
  FakeDaemon daemon;
  load(daemon, layered_image({"a", "b"}), {"app:1"});
  Image image = layered_image({"a", "c"});
  image.layers[1].blob.bytes = std::make_shared<MemorySource>("too long for its size");
  SilentProgress heard;
  CHECK_FAILS(load(daemon, image, {"app:1"}, {}, &heard), ErrorKind::integrity,
              "is longer than the 1 bytes it should have");
  CHECK(heard.notes().empty());
}

TEST_CASE("an engine that is too old, or none at all, is told apart by what it says") {
  FakeDaemon old({.api = "1.18"});
  CHECK(failure_of(old, layered_image({}))
            .message()
            .find("the engine speaks API 1.18; at least 1.24 (Docker 1.12) is needed") !=
        std::string::npos);
  FakeDaemon proxy({}, [](const registry::Request&) {
    return registry::Verdict{
        .answer = registry::Reply{503, {{"Content-Type", "text/html"}}, "<h1>no</h1>"}};
  });
  CHECK(failure_of(proxy, layered_image({})).message().find("GET /_ping: 503 <h1>no</h1>") !=
        std::string::npos);
}

TEST_CASE("an engine that does not say what it is in its time is given up (#23)") {
  const FakeDaemon daemon({}, [](const registry::Request&) {
    return registry::Verdict{.delay = std::chrono::minutes(5)};
  });
  const DockerHost host{.socket = daemon.socket(), .tls = {}};
  const DockerConnection connection = connect_docker(host, {.user_agent = "n2c-test"});
  DockerApi api(*connection.transport, connection.base);
  CHECK_FAILS(api.connect({}, std::chrono::milliseconds(50)), ErrorKind::network, "no reply in ");
  std::stop_source stop;
  stop.request_stop();
  CHECK_FAILS(api.connect(stop.get_token()), ErrorKind::cancelled, "");
}

TEST_CASE("a socket on which nobody listens is a network error") {
  const DockerHost host{.socket = "/no/such/docker.sock", .tls = {}};
  CHECK_FAILS(make_docker_engine(host, connect_docker(host, {.user_agent = "n2c-test"}), {}),
              ErrorKind::network, "no Docker answers at unix:///no/such/docker.sock: ");
}

TEST_CASE("--via registry is refused where the engine has a network of its own") {
  const DockerHost host{.socket = {}, .tls = {}};
  FakeDaemon daemon({}, [](const registry::Request& request) -> std::optional<registry::Verdict> {
    if (request.target.find("/info") == std::string::npos) return {};
    return registry::Verdict{.answer = json_reply(200, R"({"SecurityOptions":["name=rootless"]})")};
  });
  const DockerHost there{.socket = daemon.socket(), .tls = {}};
  const auto engine =
      make_docker_engine(there, connect_docker(there, {.user_agent = "n2c-test"}), {});
  const Image image = layered_image({"a"});
  SilentProgress progress;
  CHECK_FAILS(
      engine->load({.image = image, .names = {}, .method = LoadMethod::registry}, progress, {}),
      ErrorKind::usage, "is rootless, with a network of its own");
}

}  // namespace load_faults_test
