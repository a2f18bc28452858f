#include "registry/client/auth/tokens.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "go/encoding_json.h"
#include "registry/client/auth/base64.h"

namespace n2c::registry {

namespace {

using std::chrono::seconds;

/// How long a token lives when its server does not say (distribution, "token auth").
constexpr seconds default_lifetime{60};
/// A token is renewed this long before it ends, or a quarter of its life when that is shorter:
/// GitLab's tokens live 5 minutes (moby#33558).
constexpr seconds longest_margin{60};

bool usable(const Challenge& challenge) {
  return challenge.scheme == "basic" ||
         (challenge.scheme == "bearer" && !challenge.at("realm").empty());
}

/// Bearer where it is offered, as docker does.
std::optional<Challenge> choose(const http::Headers& headers) {
  std::optional<Challenge> chosen;
  for (const std::string& line : headers.find_all("WWW-Authenticate")) {
    const auto challenges = parse_challenges(line);
    if (!challenges) continue;
    for (const Challenge& challenge : *challenges) {
      if (usable(challenge) && (!chosen || challenge.scheme == "bearer")) chosen = challenge;
    }
  }
  return chosen;
}

std::string basic(const Credentials& login) {
  return "Basic " + base64_encode(login.username + ":" + login.password);
}

/// Whether a scope names none of our repositories, as "aws" of ECR Public (helm#12491).
bool is_foreign(const std::string& scope, std::span<const Scope> ours) {
  return !scope.empty() && std::ranges::none_of(ours, [&](const Scope& one) {
    return scope.starts_with("repository:" + one.repository + ":");
  });
}

std::string form(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string text;
  for (const auto& [field, value] : fields) {
    text += cat(text.empty() ? "" : "&", field, "=", http::percent_encode(value));
  }
  return text;
}

/// OAuth2's exchange of an identity token (distribution, "oauth2 token authentication").
std::string refresh_form(const Challenge& challenge, const std::string& scope,
                         const std::string& identity_token) {
  return form({{"grant_type", "refresh_token"},
               {"service", challenge.at("service")},
               {"client_id", "n2c"},
               {"scope", scope},
               {"refresh_token", identity_token}});
}

seconds lifetime_of(const go::Json& reply) {
  const go::Json* field = reply.find("expires_in");
  const auto named = field == nullptr ? std::nullopt : field->as_int();
  if (!named || *named <= 0) return default_lifetime;
  return seconds(std::min<std::int64_t>(*named, 365 * 24 * 3600));
}

}  // namespace

std::string Scope::str() const {
  return cat("repository:", repository, push ? ":pull,push" : ":pull", remove ? ",delete" : "");
}

Tokens::Tokens(std::string host, http::Url home, AuthProvider& auth, Clock& clock, Service service)
    : host_(std::move(host)),
      home_(std::move(home)),
      auth_(auth),
      clock_(clock),
      service_(std::move(service)) {}

std::optional<Credentials> Tokens::find_login(const std::string& repository) {
  return logins_.with([&](auto& logins) {
    if (const auto known = logins.find(repository); known != logins.end()) return known->second;
    return logins.emplace(repository, auth_.find(host_, repository)).first->second;
  });
}

std::string Tokens::login_source(const std::string& repository) {
  const auto login = find_login(repository);
  return login ? login->source : std::string();
}

std::shared_ptr<Tokens::Token> Tokens::token_for(std::span<const Scope> scopes) {
  return tokens_.with([&](auto& tokens) {
    auto& token = tokens[Key(scopes.begin(), scopes.end())];
    if (!token) token = std::make_shared<Token>();
    return token;
  });
}

std::optional<std::string> Tokens::authorization(std::span<const Scope> scopes,
                                                 std::stop_token stop) {
  const std::string repository = scopes.empty() ? std::string() : scopes.front().repository;
  const auto login = find_login(repository);
  if (login && !login->registry_token.empty()) return "Bearer " + login->registry_token;
  const auto challenge = challenge_.with([](const auto& known) { return known; });
  if (!challenge) return std::nullopt;
  if (challenge->scheme == "basic") {
    return login ? std::optional(basic(*login)) : std::nullopt;
  }
  const auto token = token_for(scopes);
  const std::scoped_lock hold(token->fetching);
  if (token->value.empty() || clock_.now() >= token->renew_at) {
    fetch(*token, *challenge, scopes, stop);
  }
  return "Bearer " + token->value;
}

bool Tokens::on_refused(const http::Response& response, std::span<const Scope> scopes,
                        const std::optional<std::string>& used) {
  const auto challenge = choose(response.headers);
  if (!challenge) return false;
  challenge_.with([&](auto& known) { known = challenge; });
  const std::string repository = scopes.empty() ? std::string() : scopes.front().repository;
  const auto login = find_login(repository);
  if (login && !login->registry_token.empty()) return false;
  if (challenge->scheme == "basic") return login && used != basic(*login);
  const auto token = token_for(scopes);
  const std::scoped_lock hold(token->fetching);
  if (is_foreign(challenge->at("scope"), scopes)) token->scope = challenge->at("scope");
  // Another thread may have renewed it meanwhile.
  if (used && *used == "Bearer " + token->value) token->value.clear();
  return true;
}

http::Request Tokens::token_request(const Challenge& challenge,
                                    const std::vector<std::string>& scopes,
                                    const std::optional<Credentials>& login) const {
  const std::string realm = challenge.at("realm");
  http::Request request{.url = or_throw(home_.resolve(realm), ErrorKind::registry,
                                        "the token server that " + host_ + " names")};
  const bool secret = login.has_value();
  if (secret && !request.url.is_https() && home_.is_https()) {
    throw Error(ErrorKind::auth,
                cat(host_, " wants the login sent in the clear, to ", request.url.redacted()),
                "its token server has to be reached by https");
  }
  const std::string service = challenge.at("service");
  if (login && !login->identity_token.empty()) {
    request.method = http::Method::post;
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    return request;
  }
  if (!service.empty()) request.url = request.url.with_query("service", service);
  for (const std::string& scope : scopes) request.url = request.url.with_query("scope", scope);
  if (login) {
    request.url = request.url.with_query("account", login->username);
    request.headers.set("Authorization", basic(*login));
  }
  return request;
}

/// A token is always fetched by the login, never by the old token (oras-java#846).
void Tokens::fetch(Token& token, const Challenge& challenge, std::span<const Scope> scopes,
                   std::stop_token stop) {
  std::vector<std::string> wanted;
  for (const Scope& scope : scopes) wanted.push_back(scope.str());
  if (!token.scope.empty()) wanted = {token.scope};
  std::string joined;
  for (const std::string& scope : wanted) joined += (joined.empty() ? "" : " ") + scope;
  const std::string repository = scopes.empty() ? std::string() : scopes.front().repository;
  const auto login = find_login(repository);
  http::Request request = token_request(challenge, wanted, login);
  const std::string refresh = request.method == http::Method::post
                                  ? refresh_form(challenge, joined, login->identity_token)
                                  : std::string();
  const MemorySource body(refresh);
  if (!refresh.empty()) request.body = {.source = &body, .length = refresh.size()};
  const std::string asking =
      joined.empty() ? "asking for a token" : "asking for a token for " + joined;
  const http::Response response =
      with_context(asking, [&] { return service_.send(request, stop); });
  if (response.status != 200) {
    throw service_.failure(request, response, repository).within(asking).lasting();
  }
  keep(token, response);
}

void Tokens::keep(Token& token, const http::Response& response) {
  const auto reply = go::Json::parse(response.body);
  std::string value = reply ? reply->text_at("token") : std::string();
  if (reply && value.empty()) value = reply->text_at("access_token");
  const bool printable_ascii =
      std::ranges::all_of(value, [](char c) { return c > ' ' && c < '\x7f'; });
  if (value.empty() || !printable_ascii) {
    throw Error(ErrorKind::registry,
                cat("the token server ", response.url.redacted(), " answered without a token"))
        .lasting();
  }
  // Its life counts from now, by our own clock. The server's clock may be wrong, so issued_at is
  // not used.
  const seconds lifetime = lifetime_of(*reply);
  token.value = std::move(value);
  token.renew_at = clock_.now() + lifetime - std::min(longest_margin, lifetime / 4);
}

}  // namespace n2c::registry
