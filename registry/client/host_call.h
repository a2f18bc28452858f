#pragma once
/// A request on its way to a registry, and the small interface of what it passes through there:
///
///     Retrier → Authorizer → RedirectFollower → DecodedReplies → Warnings → ThrottledTransport →
///     AddressGuard → the network
///
/// The first three are Senders, the others http::Transports; Host puts them together. A request to
/// a token server skips the Authorizer.

#include <optional>
#include <stop_token>
#include <vector>

#include "http/transport.h"
#include "registry/client/auth/tokens.h"

namespace n2c::registry {

/// A request and what it needs.
struct HostCall {
  http::Request request;
  std::vector<Scope> scopes{};  ///< one; two for a mount
  /// Whether failures are tried again by the host's policy. False: the caller decides, as for
  /// uploads.
  bool retry = true;
  /// It only saves time, as a mount does: that it is refused says nothing of the login.
  bool optional = false;
  /// What comes back is checked by its digest (see Freight in redirect.h).
  bool verified = false;
  /// Whom the login that the request carries is for. Unset: the registry.
  std::optional<http::Url> login_for{};
  /// The body is a login (see Freight in redirect.h).
  bool secret_body = false;
};

/// What a HostCall came to.
struct HostReply {
  http::Response response;
  /// Whether another origin answered, after a redirect.
  bool elsewhere = false;
  /// What is to be said of the tries at the end of an error's message: "; given up after 8 tries".
  std::string remark{};
};

/// Sends a call and waits for its reply. Any final status is a HostReply. Throws as
/// http::Transport::send() does. Thread-safe.
class Sender {
 public:
  virtual ~Sender() = default;
  virtual HostReply send(const HostCall& call, std::stop_token stop) = 0;
};

}  // namespace n2c::registry
