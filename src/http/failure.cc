#include "http/failure.h"

#include <system_error>

#include "base/retry.h"
#include "base/text.h"

namespace n2c::http {

namespace {

/// The request line, with the proxy.
std::string whole_line(const Request& request, const std::optional<Proxy>& proxy) {
  const std::string via = proxy ? cat(" (through the proxy ", proxy->address, ")") : "";
  return request_line(request) + via;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What went wrong, what to try, and whether trying again can help.
struct Cause {
  std::string why;
  std::string hint = {};
  bool lasting = false;
};

Cause tls_cause(const Request& request, const std::string& explanation) {
  // OpenSSL says one of these when the other side answers in plain text.
  if (has(explanation, "wrong version number") || has(explanation, "packet length too long") ||
      has(explanation, "http request") || has(explanation, "record layer failure")) {
    return {cat(request.url.authority(), " does not speak TLS"),
            "if the registry speaks plain HTTP there, say so with --plain-http", true};
  }
  if (has(explanation, "certificate required") || has(explanation, "handshake failure") ||
      has(explanation, "bad certificate")) {
    return {explanation,
            "if the registry wants a client certificate, put it into its certs.d folder", true};
  }
  return {explanation};
}

Cause certificate_cause(const std::string& explanation) {
  if (has(explanation, "does not match") || has(explanation, "no alternative certificate")) {
    return {explanation,
            "the certificate is another host's: check the registry's name, or, if that is "
            "intended, pass --insecure-skip-tls-verify",
            true};
  }
  if (has(explanation, "expired") || has(explanation, "not yet valid")) {
    return {explanation, "check this machine's clock, or have the registry's certificate renewed",
            true};
  }
  return {explanation,
          "pass the registry's own CA with --ca-file FILE, or trust it without proof with "
          "--insecure-skip-tls-verify",
          true};
}

/// Whoever set these variables may have forgotten them.
Cause naming_roots(Cause cause, const std::string& roots) {
  if (!roots.empty()) cause.hint += cat("; the CAs that are trusted come from ", roots);
  return cause;
}

Cause connect_cause(const Failure& failure, const std::string& explanation) {
  const std::string why =
      failure.os_error != 0 ? std::generic_category().message(failure.os_error) : explanation;
  if (failure.proxy) return {why, "is the proxy running there? check HTTPS_PROXY and HTTP_PROXY"};
  return {why, "is the registry running there? check its name and port"};
}

Cause time_out_cause(const Failure& failure, const std::string& explanation,
                     const TransportOptions& options) {
  if (failure.given_up == GivenUp::no) {
    return {explanation, "check the registry's name, the network and proxies"};
  }
  if (failure.given_up == GivenUp::too_slow) {
    return {cat("the reply came at less than ", brief_bytes(options.min_rate), " a second for ",
                brief_duration(options.stall_timeout))};
  }
  const std::string sent =
      failure.sent != 0 ? cat(" after ", brief_bytes(failure.sent), " were sent") : "";
  return {cat("nothing moved for ", brief_duration(options.stall_timeout), sent)};
}

Cause cause_of(const Request& request, const Failure& failure, const TransportOptions& options) {
  const std::string explanation = printable(
      failure.explanation.empty() ? curl_easy_strerror(failure.code) : failure.explanation, 500);
  // What is not listed is reported in libcurl's words.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {explanation, "check the registry's name and this machine's DNS"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {explanation, "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"};
    case CURLE_COULDNT_CONNECT: return connect_cause(failure, explanation);
    case CURLE_PEER_FAILED_VERIFICATION:
      return naming_roots(certificate_cause(explanation), failure.roots);
    case CURLE_SSL_CONNECT_ERROR: return tls_cause(request, explanation);
    case CURLE_OPERATION_TIMEDOUT: return time_out_cause(failure, explanation, options);
    case CURLE_SEND_FAIL_REWIND:
      return {"the server closed the connection before it took the request"};
    // libcurl says so of a status or header line above its limit, too.
    case CURLE_OUT_OF_MEMORY:
      return {"a line of the reply's header is too long, or memory ran out"};
    case CURLE_PARTIAL_FILE: return {cat("the reply was cut short (", explanation, ")")};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {cat("what answered does not speak HTTP (", explanation, ")"),
              "check the port; for plain HTTP on a TLS port leave --plain-http out"};
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return naming_roots(
          {explanation, "check --ca-file and the files in the registry's certs.d folder", true},
          failure.roots);
    default: return {explanation};
  }
#pragma GCC diagnostic pop
}

}  // namespace

Error describe_failure(const Request& request, const Failure& failure,
                       const TransportOptions& options) {
  if (failure.proxy && failure.proxy_status == 407) {
    return proxy_login_wanted(request, *failure.proxy);
  }
  if (failure.proxy && failure.proxy_status >= 400) {
    const Error error =
        Error(ErrorKind::network, cat("the proxy refused to connect (", failure.proxy_status, ")"),
              "is the registry's host allowed there? NO_PROXY names hosts to reach without it")
            .within(whole_line(request, failure.proxy));
    return is_passing_status(static_cast<int>(failure.proxy_status)) ? error : error.lasting();
  }
  const Cause cause = cause_of(request, failure, options);
  const Error error =
      Error(ErrorKind::network, cause.why, cause.hint).within(whole_line(request, failure.proxy));
  if (failure.code == CURLE_COULDNT_RESOLVE_HOST || failure.code == CURLE_COULDNT_CONNECT) {
    return error.unreached();
  }
  return cause.lasting ? error.lasting() : error;
}

Error proxy_login_wanted(const Request& request, const Proxy& proxy) {
  const char* why = proxy.user.empty() ? "the proxy wants a login (407)"
                                       : "the proxy does not take the login it was given (407)";
  return Error(ErrorKind::auth, why,
               "put it into the proxy's URL: http://USER:PASSWORD@HOST:PORT, percent-encoded")
      .within(whole_line(request, proxy));
}

}  // namespace n2c::http
