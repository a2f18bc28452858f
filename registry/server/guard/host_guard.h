#pragma once
/// Keeps web pages out of a server that trusts whoever can reach it.
///
/// A page of any site may send requests to this machine (a cross-site POST), and, once its own name
/// resolves to a loopback address (DNS rebinding), read the replies. Such requests are recognised
/// by their Host, Origin (RFC 6454) and Sec-Fetch-Site (W3C Fetch Metadata), which a browser sets
/// itself.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "registry/server/net/handler.h"

namespace n2c::registry {

struct HostRules {
  /// Whether Host must be a loopback name or address (localhost, NAME.localhost, 127.0.0.0/8,
  /// [::1]) or one of `allowed`.
  bool checks_host = true;
  std::vector<std::string> allowed{};  ///< as parse_host_name() gives them
};

/// A name or address without a port, as Host fields are compared with it.
Parsed<std::string> parse_host_name(std::string_view text);

/// A handler that answers 403 DENIED to a Host that the rules refuse, to an Origin that is not the
/// Host's own, and to a Sec-Fetch-Site other than same-origin and none.
Handler with_host_guard(HostRules rules, Handler handler);

}  // namespace n2c::registry
