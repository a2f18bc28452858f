#pragma once
/// Keeps a registry from leading into networks that it is not in itself.

#include <atomic>
#include <string>
#include <string_view>

#include "http/transport.h"
#include "registry/client/redirect.h"

namespace n2c::registry {

/// Sees where each request goes before anything is sent: by the URL's host, and by the address that
/// was connected to. A registry may lead to (by a redirect, a Location, a realm) what is no nearer
/// to this machine than it is itself. Behind a proxy, which looks names up itself, no addresses are
/// seen. Thread-safe.
class AddressGuard final : public http::Transport {
 public:
  /// `host` is the registry as in a reference, `home` its URL.
  AddressGuard(http::Transport& next, std::string host, http::Url home);

  /// Throws Error{registry} when the address may not be reached.
  http::Response send(const http::Request& request, std::stop_token stop) override;

 private:
  void check_name(const http::Url& url) const;
  void check_address(const http::Url& url, std::string_view address);

  http::Transport& next_;
  const std::string host_;
  const http::Url home_;
  std::atomic<Nearness> home_nearness_;  // by its name, and then by its address
};

}  // namespace n2c::registry
