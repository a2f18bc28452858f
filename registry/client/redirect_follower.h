#pragma once
/// Goes where a registry, or its token server, leads: by the rules of redirect.h.

#include <string_view>

#include "registry/client/host_call.h"
#include "registry/client/notes.h"

namespace n2c::registry {

/// The login goes only where it belongs. Once it was left behind it stays behind, so that nobody
/// on the way can lead it elsewhere. Thread-safe.
class RedirectFollower final : public Sender {
 public:
  /// `home` is the registry's URL. `allow_plain_http`: see Freight in redirect.h.
  RedirectFollower(http::Transport& next, http::Url home, bool allow_plain_http, Notes& notes);

  /// Throws Error{registry} for a redirect that is not followed, and after most_redirects.
  HostReply send(const HostCall& call, std::stop_token stop) override;

  /// Where an upload's Location in the reply to `request` leads. Throws Error{registry} when
  /// nothing may be sent there.
  http::Url session_url(const http::Request& request, const http::Response& response,
                        std::string_view location);

 private:
  void tell_of_plain_http(const http::Url& from, const http::Url& to);

  http::Transport& next_;
  const http::Url home_;
  const bool allow_plain_http_;
  Notes& notes_;
};

}  // namespace n2c::registry
