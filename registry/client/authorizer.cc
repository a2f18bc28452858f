#include "registry/client/authorizer.h"

#include <optional>
#include <string>
#include <utility>

namespace n2c::registry {

HostReply Authorizer::send(const HostCall& call, std::stop_token stop) {
  HostCall now = call;
  std::optional<HostReply> refused;  // by a login before the current one
  for (int renewals = 0;;) {
    const std::size_t turn = tokens_.login_turn(call.scopes);
    std::optional<std::string> authorization;
    try {
      authorization = tokens_.authorization(call.scopes, stop);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::auth || !refused) throw;
      return *std::move(refused);
    }
    now.request.headers.remove("Authorization");
    if (authorization) now.request.headers.set("Authorization", *authorization);
    HostReply reply = next_.send(now, stop);
    const int status = reply.response.status;
    if (reply.elsewhere) return reply;
    if (status < 400 && authorization) tokens_.on_accepted(call.scopes);
    if (status == 401 && renewals < 2 &&
        tokens_.on_refused(reply.response, call.scopes, authorization)) {
      ++renewals;
    } else if (renewals < 2 && !authorization && learns_from_base(call, reply.response, stop)) {
      ++renewals;
    } else if (authorization && (status == 401 || status == 403) && call.scopes.size() < 2 &&
               tokens_.try_next_login(call.scopes, turn)) {
      renewals = 1;
      refused = std::move(reply);
    } else {
      return reply;
    }
  }
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
      const HostReply reply = next_.send({.request = {.url = home_}}, std::move(stop));
      if (reply.response.status == 401 && !reply.elsewhere) base_ = reply.response;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
    }
  }
  return tokens_.on_base_challenge(*base_, call.scopes);
}

}  // namespace n2c::registry
