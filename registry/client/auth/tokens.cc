#include "registry/client/auth/tokens.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"
#include "go/encoding_json.h"
#include "http/secrets.h"
#include "registry/client/auth/base64.h"

namespace n2c::registry {

namespace {

using std::chrono::seconds;

/// How long a token lives when its server does not say (distribution, "token auth").
constexpr seconds default_lifetime{60};
/// A token is renewed this long before it ends, or a quarter of its life when that is shorter:
/// GitLab's tokens live 5 minutes (moby#33558).
constexpr seconds longest_margin{60};

/// Bearer where it is offered, as docker does.
std::optional<Challenge> choose(const http::Headers& headers) {
  std::optional<Challenge> chosen;
  for (const std::string& line : headers.find_all("WWW-Authenticate")) {
    const auto challenges = parse_challenges(line);
    if (!challenges) continue;
    for (const Challenge& challenge : *challenges) {
      if (!is_answerable(challenge) || (chosen && challenge.scheme != "bearer")) continue;
      chosen = challenge;
      chosen->written = line;
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

std::string repository_of(std::span<const Scope> scopes) {
  return scopes.empty() ? std::string() : scopes.front().repository;
}

/// The challenge as the registry may have written it.
std::string quote(const Challenge& challenge) {
  return "the registry's challenge: " + printable(challenge.written, 500);
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
      clock_(clock),
      service_(std::move(service)),
      logins_(host_, auth, service_.note) {}

std::shared_ptr<Tokens::Token> Tokens::token_for(std::span<const Scope> scopes) {
  return tokens_.with([&](auto& tokens) {
    auto& token = tokens[Key(scopes.begin(), scopes.end())];
    if (!token) token = std::make_shared<Token>();
    return token;
  });
}

std::optional<std::string> Tokens::authorization(std::span<const Scope> scopes,
                                                 std::stop_token stop) {
  const std::string repository = repository_of(scopes);
  const auto login = logins_.current(repository).login;
  if (login && !login->registry_token.empty()) {
    logins_.mark_sent(repository);
    return "Bearer " + login->registry_token;
  }
  const auto challenge = challenge_.with([](const auto& known) { return known; });
  if (!challenge) return std::nullopt;
  if (challenge->scheme == "basic") {
    if (!login) return std::nullopt;
    logins_.mark_sent(repository);
    return basic(*login);
  }
  const auto token = token_for(scopes);
  const int failures = token->failures;
  const std::scoped_lock hold(token->fetching);
  if (!token->value.empty() && clock_.now() < token->renew_at) return "Bearer " + token->value;
  if (token->failures != failures) throw *token->failed;
  try {
    fetch(*token, *challenge, scopes, stop);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::cancelled) {
      token->failed = error;
      ++token->failures;
    }
    throw;
  }
  return "Bearer " + token->value;
}

std::optional<std::string> Tokens::authorization_of_its_own(std::span<const Scope> scopes,
                                                            std::stop_token stop) {
  const auto challenge = challenge_.with([](const auto& known) { return known; });
  if (!challenge || challenge->scheme != "bearer") return authorization(scopes, std::move(stop));
  Token own;
  const auto shared = token_for(scopes);
  {
    const std::scoped_lock hold(shared->fetching);
    own.scope = shared->scope;
  }
  fetch(own, *challenge, scopes, std::move(stop));
  return "Bearer " + own.value;
}

bool Tokens::has_tokens() const {
  return challenge_.with([](const auto& known) { return known && known->scheme == "bearer"; });
}

bool Tokens::on_refused(const http::Response& response, std::span<const Scope> scopes,
                        const std::optional<std::string>& used) {
  const auto challenge = choose(response.headers);
  if (!challenge) return false;
  challenge_.with([&](auto& known) { known = challenge; });
  const auto login = logins_.current(repository_of(scopes)).login;
  if (login && !login->registry_token.empty()) return false;
  if (challenge->scheme == "basic") return login && used != basic(*login);
  const auto token = token_for(scopes);
  const std::scoped_lock hold(token->fetching);
  if (is_foreign(challenge->at("scope"), scopes)) token->scope = challenge->at("scope");
  // Another thread may have renewed it meanwhile.
  if (used && *used == "Bearer " + token->value) token->value.clear();
  return true;
}

bool Tokens::on_base_challenge(const http::Response& response, std::span<const Scope> scopes) {
  const auto challenge = choose(response.headers);
  if (!challenge) return false;
  challenge_.with([&](auto& known) {
    if (!known) known = challenge;
  });
  return challenge->scheme == "bearer" || logins_.current(repository_of(scopes)).login.has_value();
}

std::size_t Tokens::login_turn(std::span<const Scope> scopes) {
  return logins_.current(repository_of(scopes)).number;
}

bool Tokens::try_next_login(std::span<const Scope> scopes, std::size_t turn) {
  const std::string repository = repository_of(scopes);
  if (logins_.report(repository).sent.empty()) return false;
  if (!logins_.try_next(repository, turn)) return false;
  const auto token = token_for(scopes);
  const std::scoped_lock hold(token->fetching);
  token->value.clear();
  return true;
}

void Tokens::on_accepted(std::span<const Scope> scopes) {
  logins_.mark_accepted(repository_of(scopes));
}

http::Request Tokens::token_request(const Challenge& challenge,
                                    const std::vector<std::string>& scopes,
                                    const std::optional<Credentials>& login) const {
  const std::string realm = challenge.at("realm");
  // A word alone would be taken for a page of the registry.
  const bool is_url = realm.starts_with('/') || realm.find("://") != std::string::npos;
  const auto url = is_url ? home_.resolve(realm) : std::unexpected("not a URL");
  if (!url) {
    throw Error(ErrorKind::auth, cat("the token server that ", host_, " names: ", url.error()),
                quote(challenge));
  }
  http::Request request{.url = *url};
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

/// A token is always fetched by the login, never by the old token (oras-java#846). A login that
/// the token server refuses is followed by the next.
void Tokens::fetch(Token& token, const Challenge& challenge, std::span<const Scope> scopes,
                   std::stop_token stop) {
  while (!fetch_with(logins_.current(repository_of(scopes)), token, challenge, scopes, stop)) {
  }
}

/// Returns false when there is another login to try.
bool Tokens::fetch_with(const Logins::Turn& turn, Token& token, const Challenge& challenge,
                        std::span<const Scope> scopes, std::stop_token stop) {
  const std::optional<Credentials>& login = turn.login;
  std::vector<std::string> wanted;
  for (const Scope& scope : scopes) wanted.push_back(scope.str());
  if (!token.scope.empty()) wanted = {token.scope};
  std::string joined;
  for (const std::string& scope : wanted) joined += (joined.empty() ? "" : " ") + scope;
  const std::string repository = repository_of(scopes);
  http::Request request = token_request(challenge, wanted, login);
  const bool is_exchange = request.method == http::Method::post;
  const std::string refresh =
      is_exchange ? refresh_form(challenge, joined, login->identity_token) : std::string();
  const MemorySource body(refresh);
  if (!refresh.empty()) {
    request.body = http::Body{.source = &body, .length = refresh.size()};
    request.body_may_repeat = true;
  }
  const std::string asking =
      joined.empty() ? "asking for a token" : "asking for a token for " + printable(joined, 300);
  if (login) logins_.mark_sent(repository);
  TokenReply reply = with_context(asking, [&] { return ask(request, challenge, stop); });
  const int status = reply.response.status;
  if (status != 200) {
    // OAuth2 says 400 to an identity token that is no longer good (RFC 6749 §5.2).
    const bool refused = status == 401 || status == 403 || (status == 400 && is_exchange);
    // Two scopes are a mount's: that they are denied says nothing of the login.
    if (refused && login && scopes.size() < 2 && logins_.try_next(repository, turn.number))
      return false;
    if (is_exchange) {
      const std::string& secret = login->identity_token;
      http::hide(reply.response.body, std::array{secret, http::percent_encode(secret)});
    }
    Error failure = service_.failure(request, reply, repository).within(asking).lasting();
    if (status == 400 && is_exchange) {
      failure = failure.as(ErrorKind::auth, cat("the identity token from ", login->source,
                                                " may have expired; try: n2c login ", host_));
    }
    throw Error(std::move(failure));
  }
  keep(token, reply.response);
  return true;
}

/// What keeps a login from the realm is about logging in.
TokenReply Tokens::ask(const http::Request& request, const Challenge& challenge,
                       std::stop_token stop) {
  try {
    return service_.send(request, std::move(stop));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::registry) throw;
    throw error.as(ErrorKind::auth, error.hint().empty() ? quote(challenge) : error.hint());
  }
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
