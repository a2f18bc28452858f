/// No request with a secret in it leaves the origin that it was meant for, and nothing that a
/// digest does not check comes or goes in the clear once TLS was spoken (#16).

#include <doctest/doctest.h>

#include "base/text.h"
#include "registry/client/client.h"
#include "registry/client/host.h"
#include "registry/client/redirect.h"
#include "registry/client/tag_list.h"
#include "registry/client/upload.h"
#include "test/support/check_fails.h"
#include "test/support/fake_clock.h"
#include "test/support/fake_transport.h"

namespace secrets_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

const std::string bytes = "the bytes of a blob";
const oci::Descriptor blob{.media_type = std::string(oci::media_type::layer_tar),
                           .digest = oci::Digest::of(bytes),
                           .size = bytes.size()};
const Credentials user{.username = "user", .password = "pass", .source = "--creds"};
const Credentials identity{.identity_token = "S3cretIdentity", .source = "config.json"};

http::Response leading(int status, std::string location) {
  return {.status = status, .headers = {{"Location", std::move(location)}}};
}

http::Response challenged(const std::string& challenge) {
  return {.status = 401, .headers = {{"WWW-Authenticate", challenge}}};
}

/// A client of r.example/app with a script behind it; its token server is auth.example.
struct Fixture {
  explicit Fixture(std::optional<Credentials> login = {}, bool allow_http_redirect = false)
      : auth(std::move(login)) {
    HostOptions options{.allow_http_redirect = allow_http_redirect, .seed = 1};
    options.note = [this](const Printable& line) {
      notes.with([&](auto& all) { all.push_back(line.str()); });
    };
    host = std::make_shared<Host>("r.example", transport, auth, clock, options);
    client = std::make_unique<RegistryClient>(host, oci::Repository{"r.example", "app"});
  }
  /// What a HEAD ends with: "" when it was answered.
  std::string error_of_head() {
    return error_of([&] { client->has_blob(blob, {}); });
  }
  template <class Call>
  static std::string error_of(const Call& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.message() + "\n" + error.hint();
    }
    return {};
  }
  oci::Descriptor upload() {
    return client->upload(MemorySource(bytes), blob.media_type, blob, sent, {}).blob;
  }
  /// Lines of requests that hold a login or a token, but for those to `origin`.
  std::vector<std::string> secrets_beside(std::string_view origin) const {
    std::vector<std::string> lines;
    for (const auto& request : transport.requests()) {
      const bool secret = !request.authorization().empty() ||
                          request.body.find("S3cretIdentity") != std::string::npos;
      if (secret && request.line.find(cat(" ", origin, "/")) == std::string::npos) {
        lines.push_back(request.line);
      }
    }
    return lines;
  }
  std::vector<std::string> noted() {
    return notes.with([](const auto& all) { return all; });
  }

  test::FakeTransport transport;
  test::FakeClock clock;
  FixedAuth auth;
  Locked<std::vector<std::string>> notes;
  std::shared_ptr<Host> host;
  std::unique_ptr<RegistryClient> client;
  std::atomic<std::uint64_t> sent = 0;
};

const std::string realm = R"(Bearer realm="https://auth.example/token",service="s")";

}  // namespace

TEST_CASE("an identity token is not posted to where a token server leads") {
  for (const int status : {301, 302, 307, 308}) {
    for (const char* location :
         {"https://other.example/token", "https://auth.example:8443/token",
          "http://auth.example:81/token", "//other.example/token", "https://auth.example.evil/",
          "https://r.example/token", "https://auth.example:443@other.example/token"}) {
      CAPTURE(status);
      CAPTURE(location);
      for (const bool allowed : {false, true}) {
        Fixture f(identity, allowed);
        f.transport.when("HEAD", "r.example", challenged(realm));
        f.transport.when("POST", "auth.example/token", leading(status, location));
        CHECK(f.error_of_head().find("refusing") != std::string::npos);
        CHECK(f.transport.requests().size() == 2);
      }
    }
  }
}

TEST_CASE("a login or token that a server repeats is not shown, nor in a warning or an id (#23)") {
  const Credentials login{.username = "user", .password = "S3cret/Pw", .source = "--creds"};
  const auto repeats = [](const test::SeenRequest& request) -> http::Response {
    const std::string sent = request.authorization();
    if (sent.empty()) return challenged(R"(Basic realm="x")");
    return {.status = 403,
            .headers = {{"Warning", cat("299 - \"you sent ", sent, "\"")}, {"X-Request-Id", sent}},
            .body = cat(R"({"errors":[{"code":"DENIED","message":"S3cret/Pw, as in )", sent,
                        R"("}]})")};
  };
  Fixture f(login);
  f.transport.when("GET", "/manifests/", repeats, 9);
  const std::string shown = Fixture::error_of([&] { f.client->get_manifest("1", {}); });
  CHECK(shown.find("403 DENIED: …, as in Basic … (request Basic …)") != std::string::npos);
  CHECK(f.noted() == std::vector<std::string>{"r.example says: you sent Basic …"});
}

TEST_CASE(
    "an identity token that its server repeats is not shown, and it is said to be old (#23)") {
  for (const char* repeated : {"S3cretIdentity", "x=1&y=S3cretIdentity"}) {
    Fixture f(identity);
    f.transport.when("HEAD", "r.example", challenged(realm));
    f.transport.when("POST", "auth.example/token", {.status = 400, .body = repeated});
    const std::string shown = f.error_of_head();
    CHECK(shown.find("S3cretIdentity") == std::string::npos);
    CHECK(shown.find("may have expired; try: n2c login r.example") != std::string::npos);
  }
  Fixture f(identity);
  f.transport.when("HEAD", "r.example", challenged(realm));
  f.transport.when("POST", "auth.example/token", {.status = 400});
  CHECK_FAILS(f.client->has_blob(blob, {}), ErrorKind::auth, "400");
}

TEST_CASE("an identity token follows a token server to itself") {
  Fixture f(identity);
  f.transport.when("HEAD", "r.example", challenged(realm));
  f.transport.when("POST", "auth.example/token", leading(307, "/v2/token"));
  f.transport.when("POST", "auth.example/v2/token", {.status = 200, .body = R"({"token":"T"})"});
  f.transport.when("HEAD", "r.example", {.status = 200});
  CHECK(f.client->has_blob(blob, {}));
  CHECK(f.transport.requests().at(2).body.find("S3cretIdentity") != std::string::npos);
}

TEST_CASE("a password stays with the token server, and goes with it to another of its pages") {
  Fixture f(user);
  f.transport.when("HEAD", "r.example", challenged(realm));
  f.transport.when("GET", "auth.example/token?", leading(302, "/token/?scope=x"));
  f.transport.when("GET", "auth.example/token/", leading(302, "https://other.example/token"));
  f.transport.when("GET", "other.example", leading(302, "https://auth.example/last"));
  f.transport.when("GET", "auth.example/last", {.status = 200, .body = R"({"token":"T"})"});
  f.transport.when("HEAD", "r.example", {.status = 200});
  CHECK(f.client->has_blob(blob, {}));
  const auto asked = f.transport.requests();
  CHECK_FALSE(asked.at(1).authorization().empty());
  CHECK_FALSE(asked.at(2).authorization().empty());
  CHECK(asked.at(3).authorization().empty());
  CHECK(asked.at(4).authorization().empty());  // who else was on the way does not get to use it
}

TEST_CASE("a token server with TLS is not followed to one without") {
  for (const auto& login : {std::optional<Credentials>(), std::optional(user)}) {
    Fixture f(login);
    f.transport.when("HEAD", "r.example", challenged(realm));
    f.transport.when("GET", "auth.example/token", leading(302, "http://auth.example:81/token"));
    const std::string said = f.error_of_head();
    CHECK(said.find("from https to plain http") != std::string::npos);
    CHECK(said.find("--allow-http-redirect") != std::string::npos);
    CHECK(f.transport.requests().size() == 2);
  }
}

TEST_CASE("a registry with TLS whose realm is plain http gets neither password nor token") {
  for (const Credentials& login : {user, identity}) {
    for (const bool allowed : {false, true}) {
      Fixture f(login, allowed);
      f.transport.when("HEAD", "r.example",
                       challenged(R"(Bearer realm="http://auth.example/token")"));
      CHECK(f.error_of_head().find("in the clear") != std::string::npos);
      CHECK(f.transport.requests().size() == 1);
    }
  }
}

TEST_CASE("what another host answers teaches no challenge, by a redirect or by a Location") {
  const auto evil = challenged(R"(Bearer realm="https://evil.example/token")");
  Fixture f(user);
  f.transport.when("HEAD", "r.example", leading(307, "https://evil.example/b"));
  f.transport.when("HEAD", "evil.example", evil);
  f.client->has_blob(blob, {});
  CHECK(f.transport.requests().size() == 2);

  Fixture g(user);
  g.transport.when("POST", "r.example",
                   {.status = 202, .headers = {{"Location", "https://evil.example/u/1"}}});
  g.transport.when("PUT", "evil.example", evil);
  g.transport.when("DELETE", "evil.example", evil);
  CHECK_FALSE(Fixture::error_of([&] { g.upload(); }).empty());
  CHECK(g.transport.count("GET /token") == 0);
  CHECK(g.secrets_beside("https://r.example").empty());
}

TEST_CASE("the login stays with the registry, whatever is asked and wherever it leads") {
  struct Row {
    const char* method;
    std::function<void(Fixture&)> call;
  };
  const Row rows[] = {
      {"HEAD", [](Fixture& f) { f.client->has_blob(blob, {}); }},
      {"HEAD", [](Fixture& f) { f.client->head_manifest("1", {}); }},
      {"GET", [](Fixture& f) { f.client->get_manifest("1", {}); }},
      {"GET", [](Fixture& f) { read_all(*f.client->open_blob(blob, {}), 1000); }},
      {"GET", [](Fixture& f) { f.client->get_tag_page("", {}); }},
      {"POST", [](Fixture& f) { f.upload(); }},
      {"POST", [](Fixture& f) { f.client->mount(blob, {"r.example", "base"}, {}); }},
      {"PUT", [](Fixture& f) { f.client->put_manifest("1", "t", "{}", {}); }},
  };
  for (const char* there : {"https://other.example/x?sig=1", "https://r.example:8443/x",
                            "https://user:pass@other.example/x", "//r.example.evil/x"}) {
    for (const Row& row : rows) {
      CAPTURE(there);
      CAPTURE(row.method);
      Fixture f(user);
      f.transport.when(row.method, "r.example", challenged("Basic realm=\"r\""));
      f.transport.when(row.method, "r.example/", leading(307, there));
      f.transport.always(row.method, "/x", {.status = 403});
      f.transport.always("HEAD", "r.example", {.status = 404});
      f.transport.always("GET", "r.example", {.status = 404});
      f.transport.always("POST", "r.example/", {.status = 403});  // a plain session
      Fixture::error_of([&] { row.call(f); });
      CHECK(f.transport.requests().size() >= 3);
      CHECK(f.secrets_beside("https://r.example").empty());
    }
  }
}

TEST_CASE("what a digest does not check is not taken from https to plain http") {
  const auto plain = leading(307, "http://other.example/x");
  const auto session =
      http::Response{.status = 202, .headers = {{"Location", "http://other.example/u/1"}}};
  struct Row {
    const char* method;
    http::Response answer;
    std::function<void(Fixture&)> call;
  };
  const Row rows[] = {
      {"GET", plain, [](Fixture& f) { f.client->get_manifest("1", {}); }},
      {"HEAD", plain, [](Fixture& f) { f.client->head_manifest("1", {}); }},
      {"GET", plain, [](Fixture& f) { f.client->get_tag_page("", {}); }},
      {"PUT", plain, [](Fixture& f) { f.client->put_manifest("1", "t", "{}", {}); }},
      {"POST", plain, [](Fixture& f) { f.upload(); }},
      {"POST", session, [](Fixture& f) { f.upload(); }},
      {"POST", plain, [](Fixture& f) { f.client->mount(blob, {"r.example", "base"}, {}); }},
      {"POST", session, [](Fixture& f) { f.client->mount(blob, {"r.example", "base"}, {}); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.method);
    Fixture f;
    f.transport.when(row.method, "r.example", row.answer);
    std::string said = Fixture::error_of([&] { row.call(f); });
    const bool is_optional = said.empty();  // mounts and lists of tags: a note
    for (const std::string& note : f.noted()) said += note;
    CHECK(said.find("from https to plain http, to http://other.example/") != std::string::npos);
    CHECK((is_optional || said.find("--allow-http-redirect") != std::string::npos));
    CHECK(f.transport.requests().size() == 1);
  }
  Fixture f;
  f.transport.when("POST", "r.example",
                   {.status = 202, .headers = {{"Location", "/v2/app/blobs/uploads/1"}}});
  f.transport.when("PUT", "r.example", plain);
  f.transport.when("DELETE", "r.example", plain);
  CHECK(Fixture::error_of([&] { f.upload(); }).find("plain http") != std::string::npos);
  CHECK(f.transport.requests().size() == 3);
}

TEST_CASE("what a digest checks may come by plain http, which is said once for each host") {
  Fixture f;
  f.transport.always("HEAD", "r.example", leading(307, "http://cdn.example/b"));
  f.transport.always("HEAD", "cdn.example", {.status = 200});
  f.transport.always("GET", "r.example", leading(307, "https://s3.example/b"));
  f.transport.always("GET", "s3.example", leading(307, "http://plain.test/b"));
  f.transport.always("GET", "plain.test", {.status = 200, .body = bytes});
  CHECK(f.client->has_blob(blob, {}));
  CHECK(f.client->has_blob(blob, {}));
  CHECK(read_all(*f.client->open_blob(blob, {}), 1000) == bytes);
  CHECK(f.client->get_manifest(blob.digest.str(), {})->json == bytes);
  REQUIRE(f.noted().size() == 2);
  CHECK(f.noted().front().starts_with(
      "warning: r.example leads from https to plain http, to http://cdn.example"));
  CHECK(f.noted().back().find("http://plain.test") != std::string::npos);
}

TEST_CASE("who asks for it is led from https to plain http, without the login") {
  Fixture f(user, true);
  f.transport.when("GET", "r.example", challenged("Basic"));
  f.transport.when("GET", "r.example", leading(307, "http://other.example/m"));
  f.transport.when("GET", "other.example", {.status = 200, .body = "{}"});
  CHECK(f.client->get_manifest("1", {})->json == "{}");
  f.transport.when("POST", "r.example",
                   {.status = 202, .headers = {{"Location", "http://other.example/u/1"}}});
  f.transport.when("PUT", "other.example/u/1", {.status = 201});
  CHECK(f.upload() == blob);
  CHECK(f.secrets_beside("https://r.example").empty());
  CHECK(f.noted().size() == 1);
}

}  // namespace secrets_test
