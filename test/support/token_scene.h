#pragma once
/// The tokens of one registry, with a script for its token server.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "registry/client/auth/tokens.h"
#include "registry/client/failure.h"
#include "test/support/fake_clock.h"
#include "test/support/fake_transport.h"

namespace n2c::test {

using registry::AuthProvider;
using registry::Credentials;
using registry::LoginSearch;
using registry::Scope;
using registry::TokenReply;
using registry::Tokens;

inline const std::string challenge_line =
    R"(Bearer realm="https://auth.example/token",service="r.example",scope="repository:app:pull")";

inline http::Response token_challenge(const std::string& line = challenge_line) {
  return {.status = 401, .headers = {{"WWW-Authenticate", line}}};
}

/// Logins in the order in which they are tried.
struct LoginList final : AuthProvider {
  explicit LoginList(std::optional<Credentials> first) {
    if (first) logins.push_back(std::move(*first));
  }
  LoginSearch find(std::string_view, std::string_view, std::size_t from) override {
    if (from >= logins.size()) return {.next = from};
    return {.login = logins[from], .next = from + 1};
  }
  std::vector<Credentials> logins;
};

/// Tokens of r.example, with a script for its token server.
struct TokenScene {
  explicit TokenScene(std::optional<Credentials> login = {},
                      const char* home = "https://r.example/v2/")
      : auth(std::move(login)),
        tokens("r.example", http::Url::parse(home).value(), auth, clock,
               {.send =
                    [this](const http::Request& request, std::stop_token stop) {
                      return TokenReply{transport.send(request, stop)};
                    },
                .failure =
                    [this](const http::Request& request, const TokenReply& reply,
                           const std::string& repository) {
                      return registry::make_failure(request, reply.response,
                                                    {.host = "r.example",
                                                     .repository = repository,
                                                     .logins = tokens.report(repository)});
                    }}) {}
  std::optional<std::string> after_challenge(const std::string& line = challenge_line) {
    CHECK(tokens.on_refused(token_challenge(line), scopes, std::nullopt));
    return tokens.authorization(scopes, {});
  }
  FakeTransport transport;
  FakeClock clock;
  LoginList auth;
  Tokens tokens;
  std::vector<Scope> scopes{{.repository = "app", .push = true}};
};

inline const Credentials user{.username = "user", .password = "pass", .source = "--creds"};

}  // namespace n2c::test
