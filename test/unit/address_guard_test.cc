/// A registry does not lead into networks that it is not in itself (#19).

#include "registry/client/address_guard.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "test/support/check_fails.h"
#include "test/support/host_scene.h"

namespace address_guard_test {

using namespace n2c;
using namespace n2c::registry;
using test::HostScene;

namespace {

const oci::Descriptor blob{.media_type = "t", .digest = oci::Digest::of("x"), .size = 1};

/// r.example at `home`, whose realm is `url`, on `there` where that is a name.
std::unique_ptr<HostScene> scene_of(const char* home, const std::string& url,
                                    const char* there = "") {
  auto scene = std::make_unique<HostScene>();
  scene->transport.resolve("r.example", home).resolve("auth.example", there);
  scene->transport.when("HEAD", "", test::challenged(cat("Bearer realm=\"", url, "\"")));
  scene->transport.when("GET", "/token", {.status = 200, .body = R"({"token":"T"})"});
  scene->transport.when("HEAD", "", {.status = 200});
  return scene;
}

}  // namespace

TEST_CASE("nothing is sent to a realm that is nearer to this machine than the registry") {
  struct Row {
    const char* home;
    const char* there;
    bool allowed;
  };
  const Row rows[] = {
      {"203.0.113.5", "203.0.113.6", true},
      {"203.0.113.5", "127.0.0.1", false},
      {"203.0.113.5", "::1", false},
      {"203.0.113.5", "10.0.0.6", false},
      {"203.0.113.5", "169.254.169.254", false},
      {"203.0.113.5", "fd00::1", false},
      {"10.0.0.5", "10.0.0.6", true},
      {"10.0.0.5", "192.168.1.1", true},
      {"10.0.0.5", "127.0.0.1", false},
      {"10.0.0.5", "169.254.169.254", false},
      {"10.0.0.5", "203.0.113.6", true},
      {"127.0.0.1", "127.0.0.2", true},
      {"127.0.0.1", "10.0.0.6", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.home);
    CAPTURE(row.there);
    const bool v6 = std::string_view(row.there).find(':') != std::string_view::npos;
    const std::string literal =
        v6 ? cat("https://[", row.there, "]/token") : cat("https://", row.there, "/token");
    for (const std::string& url : {std::string("https://auth.example/token"), literal}) {
      CAPTURE(url);
      const auto scene = scene_of(row.home, url, row.there);
      if (row.allowed) {
        CHECK(scene->client->has_blob(blob, {}));
      } else {
        CHECK_FAILS(scene->client->has_blob(blob, {}), ErrorKind::auth, "refusing to be led to ");
        CHECK(scene->transport.requests().size() == 1);
      }
    }
  }
}

TEST_CASE("names of this machine are refused like its addresses, as a realm of a remote registry") {
  for (const char* host : {"localhost", "LOCALHOST:5000", "a.localhost", "localhost.", "127.1", "0",
                           "[::ffff:127.0.0.1]", "2130706433"}) {
    CAPTURE(host);
    const auto scene = scene_of("203.0.113.5", cat("https://", host, "/token"));
    CHECK_FAILS(scene->client->has_blob(blob, {}), ErrorKind::auth, "refusing to be led to ");
    CHECK(scene->transport.requests().size() == 1);
  }
}

}  // namespace address_guard_test
