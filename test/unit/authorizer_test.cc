/// Which login answers which challenge, and what is said when none does (#19).

#include "registry/client/authorizer.h"

#include <doctest/doctest.h>

#include <atomic>

#include "base/text.h"
#include "registry/client/auth/base64.h"
#include "registry/client/tag_list.h"
#include "registry/client/upload.h"
#include "test/support/check_fails.h"
#include "test/support/host_scene.h"

namespace authorizer_test {

using namespace n2c;
using namespace n2c::registry;
using test::challenged;
using test::HostScene;
using test::login_of;

namespace {

const std::string realm = R"(Bearer realm="https://auth.example/token",service="s")";

std::string basic(const std::string& user) { return "Basic " + base64_encode(user + ":pw"); }

/// Answers requests that carry `authorization` with `status`, others with `refusal`.
test::FakeTransport::Answer only_for(std::string authorization, int status,
                                     http::Response refusal) {
  return [=](const test::SeenRequest& request) {
    return request.authorization() == authorization ? http::Response{.status = status} : refusal;
  };
}

constexpr int ever = 1000;

}  // namespace

TEST_CASE("where strangers are refused without a challenge, the base URL is asked for one, once") {
  for (const int status : {401, 403, 404}) {
    CAPTURE(status);
    HostScene scene({login_of("u", "file")});
    scene.transport.when("GET", "r.example/v2/app", only_for("Bearer T", 200, {.status = status}),
                         ever);
    scene.transport.when("GET", "auth.example", {.status = 200, .body = R"({"token":"T"})"});
    scene.transport.when("GET", "r.example/v2/", challenged(realm));
    CHECK(scene.client->get_manifest("1", {}));
    CHECK(scene.client->get_manifest("2", {}));
    CHECK(scene.transport.count("GET /v2/app/manifests/") == 3);
    CHECK(scene.transport.requests().size() == 5);
  }
}

TEST_CASE("a base URL that does not challenge either is not asked again") {
  HostScene scene;
  scene.transport.always("HEAD", "/v2/app", {.status = 404});
  scene.transport.when("GET", "r.example/v2/", {.status = 200});
  const auto digest = oci::Digest::of("x");
  for (int i = 0; i < 3; ++i) CHECK_FALSE(scene.client->has_blob({"t", digest, 1}, {}));
  CHECK(scene.transport.count("GET /v2/") == 1);
}

TEST_CASE("the base URL's Basic challenge without a login changes nothing") {
  HostScene scene;
  scene.transport.always("GET", "/v2/app", {.status = 403});
  scene.transport.when("GET", "r.example/v2/", challenged("Basic realm=\"r\""));
  CHECK_FAILS(scene.client->get_manifest("1", {}), ErrorKind::auth, "no login for r.example");
  CHECK(scene.transport.requests().size() == 2);
}

TEST_CASE("the scope that the base URL names is not asked for") {
  HostScene scene;
  scene.transport.when("GET", "/v2/app", only_for("Bearer T", 200, {.status = 401}), ever);
  scene.transport.when("GET", "auth.example", {.status = 200, .body = R"({"token":"T"})"});
  scene.transport.when("GET", "r.example/v2/",
                       challenged(realm + R"(,scope="repository:user/image:pull")"));
  CHECK(scene.client->get_manifest("1", {}));
  CHECK(scene.transport.requests().at(2).line.find("scope=repository%3Aapp%3A") !=
        std::string::npos);
}

TEST_CASE("a login that Basic refuses is followed by the next, which is kept") {
  HostScene scene({login_of("old", "auth.json"), login_of("new", "config.json")});
  scene.transport.when("GET", "/v2/app", only_for(basic("new"), 200, challenged("Basic")), ever);
  CHECK(scene.client->get_manifest("1", {}));
  const auto before = scene.transport.requests().size();
  CHECK(scene.client->get_manifest("2", {}));
  CHECK(scene.transport.requests().size() == before + 1);
}

TEST_CASE("a login that the token server refuses is followed by the next") {
  for (const int status : {401, 403}) {
    CAPTURE(status);
    HostScene scene({login_of("old", "auth.json"), login_of("new", "config.json")});
    scene.transport.when("GET", "/v2/app", only_for("Bearer T", 200, challenged(realm)), ever);
    scene.transport.when(
        "GET", "auth.example",
        [&](const test::SeenRequest& request) {
          return request.authorization() == basic("new")
                     ? http::Response{.status = 200, .body = R"({"token":"T"})"}
                     : http::Response{.status = status};
        },
        2);
    CHECK(scene.client->get_manifest("1", {}));
  }
}

TEST_CASE("a login that may not do it is followed by the next, and comes back when none may") {
  HostScene scene({login_of("reader", "auth.json"), login_of("writer", "config.json")});
  scene.transport.when("GET", "/v2/app", challenged("Basic"));
  scene.transport.when("GET", "/v2/app", only_for(basic("writer"), 200, {.status = 403}), ever);
  CHECK(scene.client->get_manifest("1", {}));

  HostScene denied({login_of("a", "auth.json"), login_of("b", "config.json")});
  denied.transport.when("GET", "/v2/app", challenged("Basic"));
  denied.transport.always("GET", "/v2/app", {.status = 403});
  CHECK_FAILS(denied.client->get_manifest("1", {}), ErrorKind::auth,
              "were found in auth.json and config.json, and each was refused");
  CHECK_FAILS(denied.client->get_manifest("2", {}), ErrorKind::auth, "auth.json and config.json");
  CHECK(denied.transport.requests().back().authorization() == basic("a"));
}

TEST_CASE("a login that was good for something is not given up for a 403") {
  HostScene scene({login_of("a", "auth.json"), login_of("b", "config.json")});
  scene.transport.when("GET", "/manifests/1", challenged("Basic"));
  scene.transport.always("GET", "/manifests/1", {.status = 200});
  scene.transport.always("GET", "/manifests/2", {.status = 403});
  CHECK(scene.client->get_manifest("1", {}));
  CHECK_FAILS(scene.client->get_manifest("2", {}), ErrorKind::auth, "was found in auth.json;");
}

TEST_CASE("what only saves time gives up no login by being refused (#20)") {
  HostScene scene({login_of("a", "auth.json"), login_of("b", "config.json")});
  const oci::Descriptor blob = oci::describe("t", "bytes");
  std::atomic<std::uint64_t> sent = 0;
  scene.transport.when("POST", "?mount=", challenged("Basic"));
  scene.transport.when("POST", "?mount=", {.status = 403});
  scene.transport.always("POST", "/blobs/uploads/",
                         {.status = 202, .headers = {{"Location", "/u/1"}}});
  scene.transport.always("PUT", "/u/1", {.status = 201});
  scene.client->upload(MemorySource("bytes"), "t", blob, sent, {});
  for (const auto& request : scene.transport.requests()) {
    CHECK(request.authorization() != basic("b"));
  }

  HostScene tags({login_of("a", "auth.json"), login_of("b", "config.json")});
  tags.transport.when("GET", "/tags/list", challenged("Basic"));
  tags.transport.always("GET", "/tags/list", {.status = 403});
  tags.transport.when("PUT", "/manifests/sha256:", {.status = 403});
  CHECK_FAILS(tags.client->get_tag_page("", {}), ErrorKind::auth, "403");
  const std::vector<std::string> two{"1", "2"};
  CHECK_FALSE(tags.client->put_tagged(blob, "{}", two, {}));
  CHECK(tags.transport.requests().back().authorization() == basic("a"));
}

TEST_CASE("a token that no other request has is the last try (#20)") {
  HostScene scene({login_of("a", "auth.json")});
  int given = 0;
  scene.transport.when(
      "GET", "auth.example",
      [&](const test::SeenRequest&) {
        return http::Response{.status = 200, .body = cat(R"({"token":")", ++given, R"("})")};
      },
      ever);
  scene.transport.always("GET", "/manifests/1", challenged(realm));
  CHECK_FAILS(scene.client->get_manifest("1", {}), ErrorKind::auth, "401");
  CHECK(given == 3);
  CHECK(scene.transport.count("GET /v2/app/manifests/1") == 4);
}

TEST_CASE("two logins that are refused are both named") {
  HostScene scene({login_of("a", "auth.json"), login_of("b", "config.json")});
  scene.transport.always("GET", "/v2/app", challenged("Basic"));
  CHECK_FAILS(scene.client->get_manifest("1", {}), ErrorKind::auth,
              "were found in auth.json and config.json, and each was refused");
  HostScene tokens({login_of("a", "auth.json"), login_of("b", "config.json")});
  tokens.transport.always("GET", "/v2/app", challenged(realm));
  tokens.transport.always("GET", "auth.example", {.status = 401});
  CHECK_FAILS(tokens.client->get_manifest("1", {}), ErrorKind::auth, "auth.json and config.json");
}

TEST_CASE("a login that was not sent is not said to have expired") {
  HostScene scene({login_of("u", "config.json")});
  scene.transport.always("GET", "/v2/app", {.status = 403});
  scene.transport.when("GET", "r.example/v2/", {.status = 200});
  const Error error = test::failure_of([&] { scene.client->get_manifest("1", {}); });
  CHECK(error.kind() == ErrorKind::auth);
  CHECK(error.hint() ==
        "the login for r.example in config.json was not sent: the registry did not ask for one");
}

TEST_CASE("a realm that is no URL, and a scheme that n2c does not know, are quoted") {
  for (const char* challenge :
       {R"(Bearer realm="token service",service="s")", R"(Bearer realm="tokens",service="s")",
        R"(Bearer realm="ftp://auth.example/token")", R"(Bearer realm="https:///token")",
        R"(Bearer realm="file:///etc/passwd")", R"(bearer service="s")", "Negotiate",
        R"(Digest realm="r",nonce="n")"}) {
    CAPTURE(challenge);
    HostScene scene({login_of("u", "config.json")});
    scene.transport.always("GET", "r.example", challenged(challenge));
    CHECK_FAILS(scene.client->get_manifest("1", {}), ErrorKind::auth, challenge);
    CHECK(scene.transport.requests().size() == 1);
  }
}

TEST_CASE("a challenge from where a redirect led is reported as that host's") {
  HostScene scene({login_of("u", "config.json")});
  scene.transport.when("GET", "r.example/",
                       {.status = 307, .headers = {{"Location", "https://cdn.example/m?sig=1"}}});
  scene.transport.when("GET", "cdn.example", challenged("Basic"));
  const Error error = test::failure_of([&] { scene.client->get_manifest("1", {}); });
  CHECK(error.kind() == ErrorKind::auth);
  CHECK(error.message() == "GET https://cdn.example/m?sig=… (where r.example leads): 401");
  CHECK(error.hint() ==
        "cdn.example wants a login of its own; those for r.example are not sent to where it leads");
}

TEST_CASE("a token that was refused is not asked for again by those that waited for it") {
  HostScene scene;
  scene.transport.always("POST", "", challenged(realm));
  scene.transport.always("GET", "auth.example", {.status = 400});
  const oci::Digest digest = oci::Digest::of("x");
  CHECK_FALSE(scene.client->mount({"t", digest, 1}, {"r.example", "base"}, {}));
  const auto asked = scene.transport.count("GET /token");
  CHECK_FALSE(scene.client->mount({"t", digest, 1}, {"r.example", "base"}, {}));
  CHECK(scene.transport.count("GET /token") == asked);
  CHECK(scene.noted().size() == 1);
}

}  // namespace authorizer_test
