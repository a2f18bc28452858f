#pragma once
/// Understands a registry's refusal, and says it to people.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/transport.h"
#include "registry/client/auth/logins.h"

namespace n2c::registry {

/// One entry of a reply's {"errors": […]} (distribution-spec, "Error codes").
struct OciError {
  std::string code, message;
  std::string detail;                ///< a text as it is, anything else as JSON; "" when absent
  std::vector<std::string> digests;  ///< that the detail names
};

/// The entries of an error body. Empty when the body is something else.
std::vector<OciError> parse_errors(std::string_view body);
bool has_code(const std::vector<OciError>& errors, std::string_view code);

/// Whether it brings a web page, which no registry sends: what answers there is something else.
bool is_page(const http::Response& response);
/// 200, and no web page.
bool is_ok(const http::Response& response);

/// What is known about the host when a request failed.
struct FailureContext {
  std::string host;         ///< as in a reference
  std::string repository;   ///< may be empty
  LoginReport logins{};     ///< of that repository
  std::string authority{};  ///< whom the logins are for: who answers elsewhere is another. Or ""
  std::chrono::system_clock::time_point now{};
};

/// "403 DENIED: permission_denied: write_package (request 8F2A…)" while "PATCH https://…", with a
/// hint for the known causes. A success is a failure too, where it is not the one that was due.
/// Where a redirect led is named, and so is a proxy. 401 and 403 are Error{auth} (but
/// Error{network} where a proxy said it), the others Error{registry}. Nothing of the request's
/// headers and no query value is in it.
Error make_failure(const http::Request& request, const http::Response& response,
                   const FailureContext& context);

/// The network failure, with hints that only a registry's client can give: TLS was tried at a plain
/// HTTP port, or ECR dropped the connection because the repository does not exist.
Error explain_lost(const Error& error, const http::Request& request, const FailureContext& context);

}  // namespace n2c::registry
