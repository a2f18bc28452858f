#pragma once
/// Gives requests to a registry what they need to be let in.

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "registry/client/auth/tokens.h"
#include "registry/client/host_call.h"

namespace n2c::registry {

/// A refused or missing token is renewed and the request repeated: once for learning the
/// challenge, once for a token that expired. The third time it gets a token of its own, which
/// requests beside it cannot wear out. A refused login is followed by the next. Where a request is
/// refused without a challenge, the registry's base URL is asked for one, once. Thread-safe.
class Authorizer final : public Sender {
 public:
  /// `home` is the registry's URL.
  Authorizer(Sender& next, Tokens& tokens, http::Url home)
      : next_(next), tokens_(tokens), home_(std::move(home)) {}

  /// Throws Error{auth} when it could not get a token.
  HostReply send(const HostCall& call, std::stop_token stop) override;

 private:
  std::optional<std::string> authorization(const HostCall& call, int renewals,
                                           std::stop_token stop);
  bool is_renewed(const HostCall& call, const http::Response& refusal, int renewals,
                  const std::optional<std::string>& used, std::stop_token stop);
  bool learns_from_base(const HostCall& call, const http::Response& refusal, std::stop_token stop);

  Sender& next_;
  Tokens& tokens_;
  const http::Url home_;
  std::mutex asking_;                   // held while the base URL is asked
  std::optional<http::Response> base_;  // under asking_: its 401, or an empty reply
};

}  // namespace n2c::registry
