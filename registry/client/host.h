#pragma once
/// What all repositories of one registry host share: tokens, what was learnt about its limits, how
/// many requests it bears at once, and how often to try again.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/locked.h"
#include "base/printable.h"
#include "base/retry.h"
#include "http/transport.h"
#include "registry/client/auth/credentials.h"
#include "registry/client/host_call.h"
#include "registry/client/host_profile.h"

namespace n2c::registry {

struct HostOptions {
  bool plain_http = false;  ///< --plain-http; loopback hosts speak plain HTTP without it
  bool tls = false;         ///< HTTPS for loopback hosts too
  /// --allow-http-redirect: redirects from https to plain http are followed for everything.
  /// Otherwise they are for what a digest checks only.
  bool allow_http_redirect = false;
  RetryPolicy retry{};
  HostProfile profile{};                ///< --chunk-size, and what is learnt on the way
  std::size_t in_flight = 64;           ///< requests at once, until the host says that is too many
  std::optional<std::uint64_t> seed{};  ///< of the jitter; random when unset
  /// Told one line for people: a retry, a fallback, a warning. Called from any thread.
  std::function<void(const Printable& line)> note = {};
  /// Told of each request that is tried again; empty: `note` is, of alike ones once.
  std::function<void(const RetryNotice& notice)> retry_note = {};
};

/// The chain of host_call.h, and what its parts share. Thread-safe.
class Host {
 public:
  /// `host` as in a reference ("docker.io", "127.0.0.1:5000"). What is passed by reference
  /// outlives this.
  Host(std::string host, http::Transport& transport, AuthProvider& auth, Clock& clock,
       HostOptions options = {});
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const std::string& host() const;
  /// "https://ghcr.io/v2/" followed by `path`.
  http::Url url(std::string_view path) const;

  /// Where an upload's Location in the reply to `request` leads, by the rules of redirect.h. Throws
  /// Error{registry} when nothing may be sent there.
  http::Url session_url(const http::Request& request, const http::Response& response,
                        std::string_view location) const;

  /// Sends with authorization, follows redirects (redirect.h), renews a refused token once, slows
  /// down when told to, and tries again as the call allows. Any final status is a HostReply. Throws
  /// Error{network} when no reply came, and Error{auth} when it could not get a token.
  HostReply send(const HostCall& call, std::stop_token stop);

  /// The error for a reply that ends the work: request, status, the registry's words, how often it
  /// was tried, and a hint where the cause is known.
  Error failure(const http::Request& request, const HostReply& reply, const Scope& scope) const;

  HostProfile profile() const;
  /// Keeps what an upload learnt, for all later ones.
  void learn(const HostProfile& profile);

  /// Waits before the try after `attempt`, as long as the policy says, and notes why. When there is
  /// no further try, throws `failed` with how many were made. Throws Error{cancelled}.
  void wait_to_retry(int attempt, Clock::TimePoint since, const Error& failed,
                     std::optional<std::chrono::milliseconds> retry_after, std::stop_token stop);
  Clock& clock() const;
  void note(const Printable& line) const;
  /// Notes a line that was not noted before.
  void note_once(const std::string& line) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The base URL of a host: docker.io is https://registry-1.docker.io, loopback is http unless
/// `options.tls` says otherwise.
Parsed<http::Url> base_url(std::string_view host, const HostOptions& options = {});

}  // namespace n2c::registry
