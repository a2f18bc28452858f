#include <doctest/doctest.h>

#include <cstdlib>

#include "base/file.h"
#include "base/locked.h"
#include "base/text.h"
#include "http/transport.h"
#include "registry/server/net/server.h"
#include "test/support/certs.h"
#include "test/support/raw_server.h"
#include "test/support/transports.h"

namespace transport_tls_test {

using namespace n2c;
using namespace n2c::http;
using namespace n2c::test;

namespace {

/// A TLS server that answers 200, its authority's file, and transports that meet it.
class TlsScene {
 public:
  explicit TlsScene(const Identity& identity, std::string client_authorities = "")
      : server_(
            [](registry::Request&) {
              return registry::Reply{.status = 200, .headers = {}, .body = std::string("safe")};
            },
            {.tls = registry::TlsIdentity{identity.certificate, identity.key,
                                          std::move(client_authorities)}}) {}

  Response get(const TlsFiles& files) {
    const auto transport = test_transport({.tls = [&](std::string_view) { return files; }});
    return transport->send({.url = url()}, {});
  }
  Error failure(const TlsFiles& files) {
    try {
      get(files);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorKind::internal, "a reply came"};
  }
  Url url() const { return url_of(cat("https://127.0.0.1:", server_.port(), "/v2/")); }

 private:
  registry::Server server_;
};

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("SSL_CERT_FILE and SSL_CERT_DIR say which CAs are trusted, and TLS errors name them") {
  const TemporaryFolder folder;
  const Identity authority = make_authority();
  TlsScene scene(make_identity(authority, "127.0.0.1"));
  write_file(folder.path() / "any name", authority.certificate);
  const std::string file = (folder.path() / "any name").string();
  const std::string folders = cat("/nonexistent:", folder.path().string());
  for (const auto& [variable, value] :
       {std::pair("SSL_CERT_FILE", file), std::pair("SSL_CERT_DIR", folders)}) {
    CAPTURE(variable);
    ::setenv(variable, value.c_str(), 1);
    CHECK(scene.get({}).status == 200);
    ::setenv(variable, "/nonexistent", 1);
    CHECK(holds(scene.failure({}).hint(), cat(variable, "=/nonexistent (not there)")));
    ::unsetenv(variable);
  }
}

TEST_CASE("a registry with a CA of its own is trusted once the CA is named") {
  const TemporaryFolder folder;
  const Identity authority = make_authority();
  TlsScene scene(make_identity(authority, "127.0.0.1"));
  const auto error = scene.failure({});
  CHECK(error.kind() == ErrorKind::network);
  CHECK(error.is_lasting());
  CHECK(holds(error.hint(), "--ca-file"));
  const auto ca_file = folder.path() / "ca.pem";
  write_file(ca_file, authority.certificate);
  CHECK(scene.get({.ca_files = {ca_file}}).body == "safe");
  CHECK(scene.get({.verify = false}).body == "safe");
}

TEST_CASE("a CA file that is missing or no certificate says so") {
  const TemporaryFolder folder;
  TlsScene scene(make_identity(make_authority(), "127.0.0.1"));
  CHECK(scene.failure({.ca_files = {folder.path() / "absent"}}).kind() == ErrorKind::local);
  write_file(folder.path() / "text", "not PEM");
  CHECK(
      holds(scene.failure({.ca_files = {folder.path() / "text"}}).message(), "no PEM certificate"));
}

TEST_CASE("another host's certificate and an expired one are refused, each with its hint") {
  const TemporaryFolder folder;
  const Identity authority = make_authority();
  const auto ca_file = folder.path() / "ca.pem";
  write_file(ca_file, authority.certificate);
  TlsScene other(make_identity(authority, "127.0.0.9"));
  CHECK(holds(other.failure({.ca_files = {ca_file}}).hint(), "another host's"));
  TlsScene expired(make_identity(authority, "127.0.0.1", true));
  CHECK(holds(expired.failure({.ca_files = {ca_file}}).hint(), "clock"));
}

TEST_CASE("a registry that wants a client certificate gets the one that is named") {
  const TemporaryFolder folder;
  const Identity authority = make_authority();
  const Identity client = make_identity(authority, "127.0.0.1");
  TlsFiles files{.ca_files = {folder.path() / "ca.pem"},
                 .client_cert_file = folder.path() / "client.cert",
                 .client_key_file = folder.path() / "client.key"};
  write_file(files.ca_files[0], authority.certificate);
  write_file(files.client_cert_file, client.certificate);
  write_file(files.client_key_file, client.key);
  TlsScene scene(make_identity(authority, "127.0.0.1"), authority.certificate);
  CHECK(scene.get(files).body == "safe");
  CHECK(scene.failure({.ca_files = files.ca_files}).kind() == ErrorKind::network);
}

TEST_CASE("a request through a proxy carries the proxy's login to it, and the registry's not") {
  std::string seen;
  RawServer proxy(answering([&](auto& connection, const auto& head, const auto&) {
    seen = head;
    if (head.starts_with("CONNECT")) return connection.reply(403, "");
    connection.reply(
        head.find("Proxy-Authorization: Basic Ym9iOnMzY3JldA==") != std::string::npos ? 200 : 407,
        "");
  }));
  const auto through = [&](std::string_view login) {
    const std::string address = cat("http://", login, "127.0.0.1:", proxy.port());
    return test_transport({.proxies = ProxyRules([address](const char* variable) {
                             return std::string_view(variable) == "ALL_PROXY" ? address : "";
                           })});
  };
  bool told_an_address = false;
  const Request plain{.url = url_of("http://registry.test/v2/"),
                      .on_connected = [&](std::string_view) { told_an_address = true; }};
  const Request secure{.url = url_of("https://registry.test/v2/"),
                       .headers = {{"Authorization", "Bearer registry"}}};

  CHECK(through("bob:s3cret@")->send(plain, {}).status == 200);
  CHECK(seen.starts_with("GET http://registry.test/v2/ HTTP/1.1"));
  CHECK_FALSE(told_an_address);  // it would be the proxy's

  const auto failure = [](Transport& transport, const Request& request) {
    try {
      transport.send(request, {});
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorKind::internal, "a reply came");
  };
  const auto refused = failure(*through("bob:s3cret@"), secure);
  CHECK(refused.kind() == ErrorKind::network);
  CHECK(holds(refused.message(), "the proxy refused to connect (403)"));
  CHECK(seen.starts_with("CONNECT registry.test:443"));
  CHECK_FALSE(holds(seen, "Bearer"));

  const auto unknown = failure(*through("eve:s3cret2@"), plain);
  CHECK(unknown.kind() == ErrorKind::auth);
  for (const Error& error : {refused, unknown}) {
    CHECK_FALSE(holds(error.message() + error.hint(), "s3cret"));
    CHECK_FALSE(holds(error.message() + error.hint(), "bob"));
  }
}

TEST_CASE("--debug shows requests and replies with their secrets masked") {
  RawServer server(answering([](auto& connection, const auto&, const auto&) {
    connection.reply(200, "token body", "Set-Cookie: sid=s3cret\r\n");
  }));
  Locked<std::string> lines;
  const auto transport = test_transport({.trace = [&](std::string_view line) {
    lines.with([&](auto& all) { all += cat(line, '\n'); });
  }});
  transport->send({.url = url_of(server.url("/v2/?sig=s3cret")),
                   .headers = {{"Authorization", "Bearer s3cret"}}},
                  {});
  const std::string shown = lines.with([](const auto& all) { return all; });
  CHECK(holds(shown, "#1 > GET /v2/?… HTTP/1.1\n"));
  CHECK(holds(shown, "#1 < HTTP/1.1 200 X\n"));
  CHECK_FALSE(holds(shown, "s3cret"));
  CHECK_FALSE(holds(shown, "token body"));
}

}  // namespace transport_tls_test
