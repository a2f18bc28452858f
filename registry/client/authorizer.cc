#include "registry/client/authorizer.h"

#include <optional>
#include <string>
#include <utility>

namespace n2c::registry {

namespace {

/// Of tokens that all requests share.
constexpr int most_renewals = 2;

}  // namespace

HostReply Authorizer::send(const HostCall& call, std::stop_token stop) {
  HostCall now = call;
  std::optional<HostReply> refused;  // by a login before the current one
  for (int renewals = 0;;) {
    const std::size_t turn = tokens_.login_turn(call.scopes);
    std::optional<std::string> used;
    try {
      used = authorization(call, renewals, stop);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::auth || !refused) throw;
      return *std::move(refused);
    }
    now.request.headers.remove("Authorization");
    if (used) now.request.headers.set("Authorization", *used);
    HostReply reply = next_.send(now, stop);
    const int status = reply.response.status;
    if (reply.elsewhere) return reply;
    if (status < 400 && used) tokens_.on_accepted(call.scopes);
    if (is_renewed(call, reply.response, renewals, used, stop)) {
      ++renewals;
    } else if (used && (status == 401 || status == 403) && !call.optional &&
               tokens_.try_next_login(call.scopes, turn)) {
      renewals = 1;
      refused = std::move(reply);
    } else {
      return reply;
    }
  }
}

std::optional<std::string> Authorizer::authorization(const HostCall& call, int renewals,
                                                     std::stop_token stop) {
  if (renewals <= most_renewals) return tokens_.authorization(call.scopes, std::move(stop));
  return tokens_.authorization_of_its_own(call.scopes, std::move(stop));
}

/// Whether another try would carry another token.
bool Authorizer::is_renewed(const HostCall& call, const http::Response& refusal, int renewals,
                            const std::optional<std::string>& used, std::stop_token stop) {
  if (refusal.status == 401 && renewals < most_renewals) {
    if (tokens_.on_refused(refusal, call.scopes, used)) return true;
  } else if (refusal.status == 401 && renewals == most_renewals) {
    return used && tokens_.has_tokens();
  }
  return renewals < most_renewals && !used && learns_from_base(call, refusal, std::move(stop));
}

/// Some registries challenge at /v2/ alone, and strangers' other requests are refused, or answered
/// as if nothing was there. Returns true when it is worth trying again.
bool Authorizer::learns_from_base(const HostCall& call, const http::Response& refusal,
                                  std::stop_token stop) {
  const bool is_refusal = refusal.status == 401 || refusal.status == 403 || refusal.status == 404;
  if (!is_refusal || refusal.headers.find("WWW-Authenticate")) return false;
  const std::scoped_lock hold(asking_);
  if (!base_) {
    base_.emplace();  // once, whatever comes of it
    try {
      const HostReply reply = next_.send({.request = http::Request{.url = home_}}, std::move(stop));
      if (reply.response.status == 401 && !reply.elsewhere) base_ = reply.response;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
    }
  }
  return tokens_.on_base_challenge(*base_, call.scopes);
}

}  // namespace n2c::registry
