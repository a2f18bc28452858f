#include "test/support/token_server.h"

#include "base/text.h"
#include "registry/client/auth/base64.h"
#include "registry/server/api/route.h"

namespace n2c::test {

namespace {

registry::Reply token_reply(int status, std::string body) {
  return {
      .status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

}  // namespace

std::vector<std::string> field_values(std::string_view form, std::string_view field) {
  std::vector<std::string> values;
  for (const std::string_view part : split(form, '&')) {
    const auto both = cut(part, '=');
    if (both && both->first == field)
      values.push_back(registry::percent_decoded(both->second).value());
  }
  return values;
}

TokenServer::TokenServer()
    : server_(std::make_unique<registry::Server>(
          registry::Handler([this](registry::Request& request) { return answer(request); }),
          registry::ServerOptions{})) {}

std::string TokenServer::host() const { return cat("127.0.0.1:", server_->port()); }
std::string TokenServer::realm() const { return cat("http://", host(), "/token"); }

void TokenServer::wear_out_after(int uses) {
  state_.with([&](State& state) { state.uses = uses; });
}
void TokenServer::deny(std::string repository) {
  state_.with([&](State& state) { state.denied.insert(std::move(repository)); });
}
void TokenServer::read_one_scope() {
  state_.with([&](State& state) { state.one_scope = true; });
}

registry::Reply TokenServer::answer(registry::Request& request) {
  state_.with([&](State& state) {
    state.requests.push_back(cat(method_text(request.method), " ", request.target));
  });
  const std::string basic = "Basic " + registry::base64_encode(cat(test_user, ":", test_password));
  if (request.method == registry::Method::post) {
    const std::string form = read_all(request.body, 1 << 20);
    if (field_values(form, "refresh_token") != std::vector<std::string>{test_refresh_token}) {
      return token_reply(401, R"({"errors":[{"code":"UNAUTHORIZED","message":"bad token"}]})");
    }
    std::vector<std::string> scopes;
    for (const std::string& scope : field_values(form, "scope")) {
      for (const auto one : split(scope, ' ')) scopes.emplace_back(one);
    }
    return grant(scopes, true);
  }
  const auto login = request.headers.find("Authorization");
  if (login && *login != basic) {
    return token_reply(401, R"({"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]})");
  }
  const auto query = cut(request.target, '?');
  return grant(field_values(query ? query->second : "", "scope"), login.has_value());
}

/// Anonymous visitors may pull.
registry::Reply TokenServer::grant(const std::vector<std::string>& scopes, bool known) {
  return state_.with([&](State& state) {
    Grant granted{.uses = state.uses};
    for (const std::string& scope : scopes) {
      const auto parts = split(scope, ':');
      if (parts.size() != 3 || parts[0] != "repository") continue;
      if (state.denied.contains(std::string(parts[1]))) {
        return token_reply(403, R"({"errors":[{"code":"DENIED","message":"not yours"}]})");
      }
      granted.pull.emplace(parts[1]);
      if (known && parts[2].find("push") != std::string_view::npos) granted.push.emplace(parts[1]);
      if (state.one_scope) break;
    }
    const std::string token = cat("t0ken-", state.tokens.size() + 1, "-that-nobody-may-see");
    state.tokens.emplace(token, granted);
    return token_reply(200, cat(R"({"token":")", token, R"(","expires_in":300})"));
  });
}

bool TokenServer::allows(std::string_view authorization, const std::string& repository, bool push) {
  return state_.with([&](State& state) {
    if (!authorization.starts_with("Bearer ")) return false;
    const auto found = state.tokens.find(std::string(authorization.substr(7)));
    if (found == state.tokens.end()) return false;
    Grant& grant = found->second;
    const auto& allowed = push ? grant.push : grant.pull;
    if (!repository.empty() && !allowed.contains(repository)) return false;
    if (state.uses == 0) return true;
    return grant.uses-- > 0;
  });
}

std::vector<std::string> TokenServer::issued() const {
  return state_.with([](const State& state) {
    std::vector<std::string> tokens;
    for (const auto& [token, grant] : state.tokens) tokens.push_back(token);
    return tokens;
  });
}

std::vector<std::string> TokenServer::requests() const {
  return state_.with([](const State& state) { return state.requests; });
}

}  // namespace n2c::test
