#include "registry/client/host.h"

#include <algorithm>

#include "base/retry.h"
#include "base/text.h"
#include "oci/reference.h"
#include "registry/client/address_guard.h"
#include "registry/client/authorizer.h"
#include "registry/client/decoded_replies.h"
#include "registry/client/failure.h"
#include "registry/client/masked_replies.h"
#include "registry/client/notes.h"
#include "registry/client/redirect_follower.h"
#include "registry/client/retrier.h"
#include "registry/client/throttled_transport.h"
#include "registry/client/warnings.h"

namespace n2c::registry {

namespace {

http::Url or_usage(std::string_view host, const HostOptions& options) {
  return or_throw(base_url(host, options), ErrorKind::usage, "registry host");
}

}  // namespace

Parsed<http::Url> base_url(std::string_view host, const HostOptions& options) {
  const bool hub = host == "docker.io" || host == "index.docker.io";
  const std::string_view real = hub ? "registry-1.docker.io" : host;
  const bool plain = options.plain_http || (oci::is_loopback(host) && !options.tls);
  return http::Url::parse(cat(plain ? "http://" : "https://", real, "/v2/"));
}

/// The chain, innermost first.
struct Host::Parts {
  Parts(std::string host_as_written, http::Transport& transport, AuthProvider& auth, Clock& clock,
        const HostOptions& options)
      : host(std::move(host_as_written)),
        home(or_usage(host, options)),
        notes(options.note, options.retry_note),
        profile(options.profile),
        guard(transport, host, home),
        throttled(guard, clock, std::max<std::size_t>(1, options.in_flight)),
        decoded(throttled),
        masked(decoded),
        warnings(masked, host, notes),
        follower(warnings, home, options.allow_http_redirect, notes),
        waits(options.retry, clock, options.seed, notes),
        token_calls(follower, waits, explain()),
        tokens(host, home, auth, clock, token_service()),
        authorizer(follower, tokens, home),
        calls(authorizer, waits, explain()) {}

  Tokens::Service token_service();
  Retrier::Explain explain() {
    return [this](const Error& error, const http::Request& request) {
      return explain_lost(error, request, context({}));
    };
  }
  FailureContext context(const std::string& repository) {
    return {.host = host,
            .repository = repository,
            .logins = tokens.report(repository),
            .authority = home.authority(),
            .now = std::chrono::system_clock::now()};
  }

  const std::string host;
  const http::Url home;
  Notes notes;
  Locked<HostProfile> profile;
  AddressGuard guard;
  ThrottledTransport throttled;
  DecodedReplies decoded;
  MaskedReplies masked;
  Warnings warnings;
  RedirectFollower follower;
  RetryWaits waits;
  Retrier token_calls;
  Tokens tokens;
  Authorizer authorizer;
  Retrier calls;
};

/// What is sent to a token server is a login, for its own origin.
Tokens::Service Host::Parts::token_service() {
  return {.send =
              [this](const http::Request& request, std::stop_token stop) {
                const HostCall call{.request = request,
                                    .login_for = request.url,
                                    .secret_body = request.body.source != nullptr};
                HostReply reply = token_calls.send(call, std::move(stop));
                return TokenReply{std::move(reply.response), std::move(reply.remark)};
              },
          .failure =
              [this](const http::Request& request, const TokenReply& reply,
                     const std::string& repository) {
                FailureContext known = context(repository);
                known.authority = request.url.authority();
                return make_failure(request, reply.response, known).with_remark(reply.remark);
              },
          .note = [this](const Printable& line) { notes.say(line); }};
}

Host::Host(std::string host, http::Transport& transport, AuthProvider& auth, Clock& clock,
           HostOptions options)
    : parts_(std::make_unique<Parts>(std::move(host), transport, auth, clock, options)) {}
Host::~Host() = default;

const std::string& Host::host() const { return parts_->host; }
Clock& Host::clock() const { return parts_->waits.clock(); }
void Host::note(const Printable& line) const { parts_->notes.say(line); }
void Host::note_once(const std::string& line) const { parts_->notes.say_once(line); }
HostProfile Host::profile() const {
  return parts_->profile.with([](const HostProfile& known) { return known; });
}

http::Url Host::url(std::string_view path) const {
  return or_throw(http::Url::parse(cat(parts_->home.str(), path)), ErrorKind::internal, "URL");
}

http::Url Host::session_url(const http::Request& request, const http::Response& response,
                            std::string_view location) const {
  return parts_->follower.session_url(request, response, location);
}

HostReply Host::send(const HostCall& call, std::stop_token stop) {
  return parts_->calls.send(call, std::move(stop));
}

Error Host::failure(const http::Request& request, const HostReply& reply,
                    const Scope& scope) const {
  const int status = reply.response.status;
  const Error failed = make_failure(request, reply.response, parts_->context(scope.repository))
                           .with_remark(reply.remark);
  // Some registries say 500 to a single question that they cannot answer, and work otherwise.
  return is_passing_status(status) && status != 500 ? failed.lasting() : failed;
}

void Host::learn(const HostProfile& learnt) {
  parts_->profile.with([&](HostProfile& known) {
    if (learnt.chunk && (!known.chunk || *learnt.chunk < *known.chunk)) known.chunk = learnt.chunk;
    if (!learnt.whole_put) known.whole_put = false;
    if (learnt.fresh_bodies) known.fresh_bodies = true;
    if (!learnt.mount_anywhere) known.mount_anywhere = false;
    if (learnt.mounted) known.mounted = true;
    known.not_mounted += learnt.not_mounted;
    if (!learnt.tags_together) known.tags_together = false;
    if (learnt.whole_post) known.whole_post = learnt.whole_post;
  });
}

void Host::wait_to_retry(int attempt, Clock::TimePoint since, const Error& failed,
                         std::optional<std::chrono::milliseconds> after, std::stop_token stop) {
  const Setback setback{
      .attempt = attempt, .since = since, .why = failed.message(), .retry_after = after};
  if (const auto remark = parts_->waits.wait(setback, std::move(stop))) {
    throw failed.with_remark(*remark);
  }
}

}  // namespace n2c::registry
