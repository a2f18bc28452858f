/// Logging in, and what becomes of secrets, over real sockets.

#include <doctest/doctest.h>

#include "registry/client/auth/base64.h"
#include "test/support/push_rig.h"

namespace auth_test {

using namespace n2c;
using namespace n2c::test;

namespace {

/// Every secret that was in use.
std::vector<std::string> secrets_of(FaultyRegistry& registry) {
  std::vector<std::string> secrets = registry.tokens().issued();
  secrets.insert(secrets.end(), {test_password, test_refresh_token, "5ecret-of-storage",
                                 registry::base64_encode(cat(test_user, ":", test_password))});
  return secrets;
}

void check_free_of(const std::vector<std::string>& secrets, const std::string& text) {
  for (const std::string& secret : secrets) {
    CAPTURE(secret);
    const bool leaks = text.find(secret) != std::string::npos;
    CHECK_MESSAGE(!leaks, text);
  }
}

}  // namespace

TEST_CASE("a large layer arrives though its token wears out again and again on the way") {
  Personality personality = gitlab();
  personality.token_uses = 3;
  FaultyRegistry registry(personality);
  PushRig rig(registry, {.profile = {.chunk = 100'000}});
  const PushReport report = rig.push(small_image(1, 4'000'000));
  CHECK(holds_whole(registry, report));
  CHECK(registry.tokens().issued().size() > 10);
  CHECK(registry.requests("POST ") <= 6);  // two sessions, each asked for thrice at most
}

TEST_CASE("requests that use up each other's tokens all come through in the end (#20)") {
  for (const int uses : {1, 2, 7}) {
    CAPTURE(uses);
    Personality personality = gitlab();
    personality.token_uses = uses;
    FaultyRegistry registry(personality);
    PushRig rig(registry);
    CHECK(holds_whole(registry, rig.push(small_image(60, 3'000))));
  }
}

TEST_CASE("one token is fetched for a repository, however many ask at once") {
  Personality personality = gar();
  FaultyRegistry registry(personality);
  PushRig rig(registry);
  rig.push(small_image(30, 1000));
  CHECK(registry.tokens().issued().size() == 1);
}

TEST_CASE("an identity token logs in") {
  FaultyRegistry registry(gar());
  PushRig rig(registry, {.login = registry::Credentials{.identity_token = test_refresh_token,
                                                        .source = "the test"}});
  CHECK(holds_whole(registry, rig.push(small_image(2, 1000))));
  CHECK(registry.tokens().requests().front() == "POST /token");
}

TEST_CASE(
    "a wrong password is an auth error that says where the login came from, and is not retried") {
  for (const Personality& personality : {ecr(), gar()}) {
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    PushRig rig(registry, {.login = registry::Credentials{.username = test_user,
                                                          .password = "wr0ng-password",
                                                          .source = "/home/me/config.json"}});
    try {
      rig.push(small_image(1, 100));
      FAIL("logged in");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::auth);
      CHECK(error.hint().find("/home/me/config.json") != std::string::npos);
      check_free_of({"wr0ng-password"}, error.message() + error.hint());
    }
  }
}

TEST_CASE("without a login a push is refused with the way to log in") {
  FaultyRegistry registry(gar());
  PushRig rig(registry, {.login = std::nullopt});
  try {
    rig.push(small_image(1, 100));
    FAIL("pushed anonymously");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::auth);
    CHECK(error.hint() ==
          cat("no login for ", registry.host(), " was found; try: n2c login ", registry.host()));
  }
}

TEST_CASE(
    "a mount that the token server denies falls back to an upload with the push scope alone") {
  FaultyRegistry registry(gar());
  registry.tokens().deny("acme/base");
  PushRig rig(registry, {.mount_from = {"acme/base"}});
  const PushReport report = rig.push(small_image(2, 1000));
  CHECK(holds_whole(registry, report));
  CHECK(report.count(BlobOutcome::sent) == 2);
}

TEST_CASE("no byte of a secret appears in notes, errors, the debug trace, or at another host") {
  for (const Personality& personality : all_personalities()) {
    CAPTURE(personality.registry);
    FaultyRegistry registry(personality);
    registry.when("PUT", "/blobs/uploads/").nth(1).cut_after(10);
    registry.when("HEAD", "/blobs/").nth(1).answer(503);
    Locked<std::string> said;
    const auto hear = [&](std::string_view line) {
      said.with([&](std::string& all) { all += cat(line, "\n"); });
    };
    PushRig rig(registry, {.trace = hear});
    rig.push(small_image(3, 1000));
    registry.when("PUT", "/manifests/").times(1000).answer(403, "go away");
    try {
      rig.push(small_image(3, 1000, 2), {.tags = {"2"}});
    } catch (const Error& error) {
      hear(error.message());
      hear(error.hint());
    }
    const auto layer = small_image(3, 1000).layers[0].blob.descriptor;
    read_all(*rig.client().open_blob(layer, {}), 1000);
    for (const std::string& note : rig.notes()) hear(note);
    const std::string all = said.with([](const std::string& text) { return text; });
    CHECK(all.find("PUT") != std::string::npos);
    const auto secrets = secrets_of(registry);
    check_free_of(secrets, all);
    for (const Arrival& arrival : registry.storage_arrivals()) {
      for (const auto& [field, value] : arrival.headers) {
        check_free_of(registry.tokens().issued(), value);
        check_free_of({test_password}, value);
        CHECK(field != "Authorization");
      }
    }
    for (const std::string& request : registry.tokens().requests()) {
      check_free_of(secrets, request);
    }
  }
}

}  // namespace auth_test
