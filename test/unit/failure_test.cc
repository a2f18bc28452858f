#include "registry/client/failure.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "test/support/fake_transport.h"

namespace failure_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

http::Request request(http::Method method, const char* url) {
  return {.method = method, .url = http::Url::parse(url).value()};
}

FailureContext context(const std::string& login = "") {
  return {.host = "ghcr.io",
          .repository = "acme/app",
          .logins = {.sent = login.empty() ? std::vector<std::string>() : std::vector{login}},
          .now = std::chrono::sys_days(std::chrono::year(2026) / 8 / 9)};
}

}  // namespace

TEST_CASE("a refusal is reported with request, status, the registry's words and its request id") {
  auto response = test::refusal(403, "DENIED", "permission_denied: write_package");
  response.headers.set("X-GitHub-Request-Id", "8F2A:11");
  const Error error = make_failure(
      request(http::Method::patch, "https://ghcr.io/v2/acme/app/blobs/uploads/1?_state=secret"),
      response, context("/root/.docker/config.json"));
  CHECK(error.kind() == ErrorKind::auth);
  CHECK(error.message() ==
        "PATCH https://ghcr.io/v2/acme/app/blobs/uploads/1?_state=…: 403 DENIED: "
        "permission_denied: write_package (request 8F2A:11)");
  CHECK(error.hint() ==
        "the login for ghcr.io was found in /root/.docker/config.json; it may have expired or lack "
        "write access to this repository");
}

TEST_CASE("of errors without number five are shown, and how many more there are (#23)") {
  std::string errors = R"({"code":"E0"})";
  for (int i = 1; i < 40'000; ++i) errors += cat(R"(,{"code":"E)", i, R"("})");
  const Error error =
      make_failure(request(http::Method::get, "https://ghcr.io/v2/x"),
                   {.status = 400, .body = cat(R"({"errors":[)", errors, "]}")}, context());
  CHECK(error.cause() == "400 E0; E1; E2; E3; E4; and 39995 errors more");
}

TEST_CASE("what is not the registry's JSON is shown in its first 200 bytes, fit for a terminal") {
  const std::string page = "<html>\x1b[2J" + std::string(500, 'x');
  const Error error = make_failure(request(http::Method::put, "https://ghcr.io/v2/x"),
                                   {.status = 502, .body = page}, context());
  CHECK(error.kind() == ErrorKind::registry);
  CHECK(error.message().find("502: <html>\\x1b[2Jxxx") != std::string::npos);
  CHECK(error.message().size() < 300);
}

TEST_CASE("a storage host's reply is shown without the signatures of its URLs (#19)") {
  const auto shown = [&](std::string body) {
    return make_failure(request(http::Method::get, "https://h/v2/x"),
                        {.status = 403, .body = std::move(body)}, context())
        .message();
  };
  const std::string page = shown(
      "<Error><Resource>https://s3.example/b?X-Amz-Signature=5ec7e7&amp;X-Amz-Credential=AK5ec7e7"
      "</Resource><Code>AccessDenied</Code></Error>");
  CHECK(page.find("5ec7e7") == std::string::npos);
  CHECK(page.find("<Code>AccessDenied</Code>") != std::string::npos);
  CHECK(page.find("X-Amz-Signature=…") != std::string::npos);
  for (const char* secret :
       {"/b?sig=5ec7e7", "sig=5ec7e7&se=1", "GoogleAccessId=a&Signature=5ec7e7",
        "https://az.example/x?se=2&sig=5ec7e7)", "X-Amz-Security-Token=5ec7e7"}) {
    CHECK(shown(secret).find("5ec7e7") == std::string::npos);
    const std::string json =
        R"({"errors":[{"code":"DENIED","message":")" + std::string(secret) + R"("}]})";
    CHECK(shown(json).find("5ec7e7") == std::string::npos);
  }
  CHECK(shown("a=b, is it? no=1").ends_with("a=b, is it? no=1"));
}

TEST_CASE("of a request that a proxy repeats the login is not shown (#23)") {
  for (const char* body :
       {"GET / HTTP/1.1\r\nProxy-Authorization: Basic 5ec7e7\r\nHost: h",
        R"({"headers":{"authorization":"Bearer 5ec7e7","host":"h"}})",
        R"({"errors":[{"code":"X","message":"Authorization: Basic 5ec7e7"}]})"}) {
    const Error error = make_failure(request(http::Method::get, "https://ghcr.io/v2/x"),
                                     {.status = 502, .body = body}, context());
    CAPTURE(error.message());
    CHECK(error.message().find("5ec7e7") == std::string::npos);
    CHECK(error.message().find("…") != std::string::npos);
  }
  const Error error =
      make_failure(request(http::Method::get, "https://ghcr.io/v2/x"),
                   {.status = 400, .body = "Basic authorization is required here"}, context());
  CHECK(error.cause() == "400: Basic authorization is required here");
}

TEST_CASE("the known causes come with a hint") {
  const auto hint = [](http::Response response, FailureContext where) {
    return make_failure(request(http::Method::put, "https://h/v2/x"), response, where).hint();
  };
  FailureContext ecr = context();
  ecr.host = "123.dkr.ecr.eu-west-1.amazonaws.com";
  CHECK(hint(test::refusal(404, "NAME_UNKNOWN"), ecr).find("aws ecr create-repository") !=
        std::string::npos);
  CHECK(hint({.status = 413}, context()).find("--chunk-size") != std::string::npos);
  CHECK(hint({.status = 401}, context()).find("n2c login ghcr.io") != std::string::npos);
  CHECK(hint({.status = 400, .body = "Client sent an HTTP request to an HTTPS server."}, context())
            .find("--plain-http") != std::string::npos);
  http::Response late{.status = 401, .headers = {{"Date", "Sun, 09 Aug 2026 00:20:00 GMT"}}};
  CHECK(hint(late, context()) ==
        "this machine's clock is 20 minutes behind the registry's; set it right");
  late.headers.set("Date", "Sat, 08 Aug 2026 23:00:00 GMT");
  CHECK(hint(late, context()) ==
        "this machine's clock is 60 minutes ahead of the registry's; set it right");
  late.headers.set("Date", "Fri, 31 Dec 9999 23:59:59 GMT");  // of which there are no nanoseconds
  CHECK(hint(late, context()).find(" minutes behind the registry's") != std::string::npos);
  late.headers.set("Date", "Mon, 01 Jan 0100 00:00:00 GMT");
  CHECK(hint(late, context()).find(" minutes ahead of the registry's") != std::string::npos);
  CHECK(hint(test::refusal(405, "UNSUPPORTED"), ecr).find("--max-layers") != std::string::npos);
  CHECK(hint(test::refusal(405, "UNSUPPORTED"), context()) ==
        "this registry takes no pushes: it is read-only, or a cache of another");
  CHECK(hint({.status = 413, .body = "project quota exceeded"}, context()) ==
        "the registry's storage quota is used up; delete images there, or have it raised");
  CHECK(hint({.status = 502}, context()) ==
        "the registry, or what stands before it, has a fault; its log says more");
  CHECK(
      hint({.status = 200}, context()).starts_with("ghcr.io answers, but not as a registry does"));
}

TEST_CASE("of a web page its title is shown (#21)") {
  const auto shown = [](std::string body) {
    const http::Response page{.status = 502,
                              .headers = {{"Content-Type", "text/html; charset=utf-8"}},
                              .body = std::move(body)};
    return make_failure(request(http::Method::put, "https://h/v2/x"), page, context()).message();
  };
  CHECK(shown("<html>\n<TITLE> 502 Bad\nGateway</title><body>no</body>")
            .find("502: a web page: 502 Bad") != std::string::npos);
  CHECK(shown("<html><body>no</body></html>").ends_with(": 502: a web page"));
  CHECK(shown("<title>not ended").ends_with(": a web page: not ended"));
}

TEST_CASE(
    "a page that a proxy made up is reported as the proxy's, without a word about a login (#19)") {
  for (const int status : {401, 403, 502}) {
    http::Response page{.status = status, .body = "<html>no</html>"};
    page.proxy = "http://proxy.corp:3128";
    const Error error =
        make_failure(request(http::Method::put, "http://h/v2/x"), page, context("config.json"));
    CHECK(error.message().find("PUT http://h/v2/x (through the proxy http://proxy.corp:3128): ") ==
          0);
    CHECK(error.hint().find("NO_PROXY") != std::string::npos);
    CHECK((error.kind() == ErrorKind::network) == (status != 502));
  }
  http::Response registrys = test::refusal(403, "DENIED");
  registrys.proxy = "http://proxy.corp:3128";
  const Error error =
      make_failure(request(http::Method::put, "http://h/v2/x"), registrys, context("config.json"));
  CHECK(error.kind() == ErrorKind::auth);
  CHECK(error.hint().find("config.json") != std::string::npos);
}

TEST_CASE("where no login was found, it is said which places should have had one (#19)") {
  FailureContext none = context();
  const auto hint = [&](std::vector<LoginGap> gaps) {
    none.logins.gaps = std::move(gaps);
    return make_failure(request(http::Method::put, "https://h/v2/x"), {.status = 401}, none).hint();
  };
  const std::string locked = "docker-credential-x get: the keychain is locked (named in c.json)";
  CHECK(hint({LoginGap{.words = locked}}) == "no login for ghcr.io was found: " + locked);
  // A note has told the rest of it.
  const LoginGap missing{.words = "docker-credential-x get: whatever a note says of it",
                         .missing_program = "docker-credential-x"};
  CHECK(hint({missing}) ==
        "no login for ghcr.io was found; install docker-credential-x, or: n2c login ghcr.io");
}

TEST_CASE("TLS tried at a plain HTTP port, and a connection that ECR drops, are explained") {
  const auto post = request(http::Method::post, "https://h.example/v2/x");
  const Error tls(ErrorKind::network, "POST …: wrong version number");
  CHECK(explain_lost(tls, post, context()).hint().find("--plain-http") != std::string::npos);
  FailureContext ecr = context();
  ecr.host = "123.dkr.ecr.eu-west-1.amazonaws.com";
  const Error cut(ErrorKind::network, "POST …: connection reset");
  CHECK(explain_lost(cut, post, ecr).hint().find("create-repository") != std::string::npos);
}

TEST_CASE("an error's digests are found wherever registries put them") {
  const std::string digest = "sha256:" + std::string(64, 'a');
  for (const std::string& detail :
       {"\"" + digest + "\"", R"({"digest":")" + digest + R"("})",
        R"({"Digest":")" + digest + "\"}", "[{\"x\":\"" + digest + "\"}]",
        "\"unknown blob " + digest + " here\""}) {
    CAPTURE(detail);
    const auto errors =
        parse_errors(test::refusal(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown", detail).body);
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().digests == std::vector<std::string>{digest});
  }
  CHECK(parse_errors("<html>").empty());
  CHECK(parse_errors(R"({"errors":null})").empty());
}

}  // namespace failure_test
