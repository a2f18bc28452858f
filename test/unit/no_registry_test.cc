/// Servers that answer, and are no registries.

#include <doctest/doctest.h>

#include <memory>

#include "registry/client/client.h"
#include "registry/client/host.h"
#include "test/support/check_fails.h"
#include "test/support/fake_clock.h"
#include "test/support/fake_transport.h"

namespace no_registry_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

/// A client of r.example/app whose every request is answered so.
struct Client {
  explicit Client(const http::Response& reply) {
    for (const char* method : {"HEAD", "GET", "PUT", "DELETE"}) transport.always(method, "", reply);
    auto host = std::make_shared<Host>("r.example", transport, auth, clock, HostOptions{.seed = 1});
    client = std::make_unique<RegistryClient>(host, oci::Repository{"r.example", "app"});
  }
  RegistryClient* operator->() const { return client.get(); }

  test::FakeTransport transport;
  test::FakeClock clock;
  FixedAuth auth{std::nullopt};
  std::unique_ptr<RegistryClient> client;
};

}  // namespace

TEST_CASE("what answers every request with a page is no registry (#21)") {
  const Client client(
      {.status = 200, .headers = {{"Content-Type", "text/html"}}, .body = "<html>Welcome!</html>"});
  const auto digest = oci::Digest::of("{}");
  CHECK_FALSE(client->has_blob({.media_type = "", .digest = digest, .size = 2}, {}));
  CHECK_FALSE(client->head_manifest("1", {}));
  const std::string_view wrong = "200: a web page";
  CHECK_FAILS(client->get_manifest("1", {}), ErrorKind::registry, wrong);
  CHECK_FAILS(client->list_tags({}), ErrorKind::registry, wrong);
  CHECK_FAILS(client->put_manifest("1", "", "{}", {}), ErrorKind::registry, wrong);
  CHECK_FAILS(client->delete_manifest(digest, {}), ErrorKind::registry, wrong);
}

TEST_CASE("a manifest is stored when a registry says so: 201, 202, or its digest (#21)") {
  const auto stored = [](const http::Response& reply) {
    const Client client(reply);
    return std::holds_alternative<ManifestStored>(client->put_manifest("1", "", "{}", {}));
  };
  CHECK(stored({.status = 201}));
  CHECK(stored({.status = 202}));
  const std::string digest = oci::Digest::of("{}").str();
  CHECK(stored({.status = 200, .headers = {{"Docker-Content-Digest", digest}}}));
  CHECK_FAILS(stored({.status = 200}), ErrorKind::registry,
              "PUT https://r.example/v2/app/manifests/1: 200");
}

}  // namespace no_registry_test
