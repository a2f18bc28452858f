#pragma once
/// What to tell people when no reply came.

#include <curl/curl.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "http/proxy.h"
#include "http/transport.h"

namespace n2c::http {

/// Whether we ended an exchange because its time was over.
enum class GivenUp {
  no,
  nothing_moved,  ///< for TransportOptions::stall_timeout
  too_slow,       ///< less than TransportOptions::min_rate
};

/// How an exchange ended without a reply.
struct Failure {
  CURLcode code = CURLE_OK;
  std::string explanation{};  ///< libcurl's, may be empty
  int os_error = 0;           ///< errno of the failed connect, or 0
  long proxy_status = 0;      ///< what a proxy answered to CONNECT, or 0
  GivenUp given_up = GivenUp::no;
  std::uint64_t sent = 0;        ///< body bytes that had left
  std::optional<Proxy> proxy{};  ///< it went through this one
  std::string roots{};           ///< the variables that say which CAs are trusted (SystemRoots)
};

/// Error{network} or, when a proxy wants a login, Error{auth}: "METHOD URL: why", with a hint
/// where the cause is known. Holds no credential.
Error describe_failure(const Request& request, const Failure& failure,
                       const TransportOptions& options);

/// Error{auth}: the proxy answered 407.
Error proxy_login_wanted(const Request& request, const Proxy& proxy);

}  // namespace n2c::http
