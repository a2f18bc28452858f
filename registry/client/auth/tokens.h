#pragma once
/// The Authorization of requests to one registry host.
///
/// A bearer token is fetched once for a scope, however many threads ask. It is renewed before it
/// expires, and fetched anew once when it is refused. Thread-safe. See registry/README.md, "Logging
/// in".

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/locked.h"
#include "http/transport.h"
#include "registry/client/auth/challenge.h"
#include "registry/client/auth/credentials.h"
#include "registry/client/auth/logins.h"

namespace n2c::registry {

/// What a request may do to a repository: a token's scope (distribution, "token scope").
struct Scope {
  std::string repository;
  bool push = false;
  bool remove = false;      ///< only with push
  std::string str() const;  // "repository:acme/app:pull,push"
  auto operator<=>(const Scope&) const = default;
};

/// What a token server answered.
struct TokenReply {
  http::Response response;
  std::string remark{};  ///< what is to be said of the tries at the end of an error's message
};

class Tokens {
 public:
  /// How token servers are spoken to.
  struct Service {
    /// Sends one request to a token server. Failures are tried again as usual, and redirects are
    /// followed.
    std::function<TokenReply(const http::Request&, std::stop_token)> send;
    /// The error for a reply that is not a token, to a request for that repository's sake.
    std::function<Error(const http::Request&, const TokenReply&, const std::string& repository)>
        failure;
    /// Told lines for people; may be empty.
    std::function<void(const Printable&)> note{};
  };

  /// `host` as in a reference; `home` its URL.
  Tokens(std::string host, http::Url home, AuthProvider& auth, Clock& clock, Service service);

  /// The header's value for requests of these scopes. Nothing before the first challenge, and when
  /// there is no login for Basic. Throws Error{auth} when a token is refused with every login, and
  /// when nothing may be sent to the realm.
  std::optional<std::string> authorization(std::span<const Scope> scopes, std::stop_token stop);

  /// By a new token that no other request is given. Where tokens are good for few requests, those
  /// that are under way side by side use up the shared one. Only after a refused Bearer. Throws as
  /// authorization().
  std::optional<std::string> authorization_of_its_own(std::span<const Scope> scopes,
                                                      std::stop_token stop);
  /// Whether there is such a token: the challenge is Bearer.
  bool has_tokens() const;

  /// Learns from a 401 to a request that carried `used`. Returns true when authorization() now
  /// gives another value, so that it is worth trying again.
  bool on_refused(const http::Response& response, std::span<const Scope> scopes,
                  const std::optional<std::string>& used);
  /// The same from what the registry's base URL answered. The scope there, if it names one, is
  /// nobody's (ghcr.io: "repository:user/image:pull").
  bool on_base_challenge(const http::Response& response, std::span<const Scope> scopes);
  /// Which of the logins is used now.
  std::size_t login_turn(std::span<const Scope> scopes);
  /// Has the next login used, after requests with that of `turn` were refused with 401 or 403.
  /// Returns false when there is none.
  bool try_next_login(std::span<const Scope> scopes, std::size_t turn);
  /// Remembers that the login, or the lack of one, was good enough.
  void on_accepted(std::span<const Scope> scopes);

  /// What an error message may say of the logins for a repository.
  LoginReport report(const std::string& repository) { return logins_.report(repository); }

 private:
  struct Token {
    std::mutex fetching;  ///< held while one thread fetches
    std::string value{};
    Clock::TimePoint renew_at{};
    std::string scope{};            ///< that the challenge asks for in place of ours
    std::atomic<int> failures = 0;  ///< fetches that failed
    std::optional<Error> failed{};  ///< the last one: whoever waited for it need not try as well
  };
  using Key = std::vector<Scope>;

  std::shared_ptr<Token> token_for(std::span<const Scope> scopes);
  void fetch(Token& token, const Challenge& challenge, std::span<const Scope> scopes,
             std::stop_token stop);
  bool fetch_with(const Logins::Turn& turn, Token& token, const Challenge& challenge,
                  std::span<const Scope> scopes, std::stop_token stop);
  TokenReply ask(const http::Request& request, const Challenge& challenge, std::stop_token stop);
  http::Request token_request(const Challenge& challenge, const std::vector<std::string>& scopes,
                              const std::optional<Credentials>& login) const;
  void keep(Token& token, const http::Response& response);

  const std::string host_;
  const http::Url home_;
  Clock& clock_;
  const Service service_;
  Logins logins_;
  Locked<std::optional<Challenge>> challenge_;
  Locked<std::map<Key, std::shared_ptr<Token>>> tokens_;
};

}  // namespace n2c::registry
