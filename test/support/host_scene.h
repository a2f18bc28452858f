#pragma once
/// A client of r.example/app with a script in the network's place.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/locked.h"
#include "registry/client/client.h"
#include "registry/client/host.h"
#include "test/support/fake_clock.h"
#include "test/support/fake_transport.h"

namespace n2c::test {

/// Several logins, one after another.
class LoginList final : public registry::AuthProvider {
 public:
  explicit LoginList(std::vector<registry::Credentials> logins) : logins_(std::move(logins)) {}
  registry::LoginSearch find(std::string_view, std::string_view, std::size_t from) override {
    registry::LoginSearch search{.next = from};
    if (from < logins_.size()) search.login = logins_[search.next++];
    return search;
  }

 private:
  const std::vector<registry::Credentials> logins_;
};

struct HostScene {
  explicit HostScene(std::vector<registry::Credentials> logins = {},
                     registry::HostOptions options = {})
      : auth(std::move(logins)) {
    options.seed = 1;
    options.note = [this](const Printable& line) {
      notes.with([&](auto& all) { all.push_back(line.str()); });
    };
    host = std::make_shared<registry::Host>("r.example", transport, auth, clock, options);
    client = std::make_unique<registry::RegistryClient>(host, oci::Repository{"r.example", "app"});
  }
  std::vector<std::string> noted() {
    return notes.with([](const auto& all) { return all; });
  }

  FakeTransport transport;
  FakeClock clock;
  LoginList auth;
  Locked<std::vector<std::string>> notes;
  std::shared_ptr<registry::Host> host;
  std::unique_ptr<registry::RegistryClient> client;
};

inline registry::Credentials login_of(std::string user, std::string source) {
  return {.username = std::move(user), .password = "pw", .source = std::move(source)};
}

inline http::Response challenged(std::string challenge, int status = 401) {
  return {.status = status, .headers = {{"WWW-Authenticate", std::move(challenge)}}};
}

}  // namespace n2c::test
