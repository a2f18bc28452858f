#include "registry/server/guard/host_guard.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "oci/reference.h"
#include "registry/server/api/api_error.h"
#include "registry/server/net/request_head.h"

namespace n2c::registry {

namespace {

struct Authority {
  std::string host;  // lower case, without a root's dot
  std::string_view port;
};

/// The parts of a text for which is_authority() is true.
Authority parts_of(std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == text.npos ? 0 : bracket);
  std::string host = lower_ascii(text.substr(0, colon));
  if (host.ends_with('.')) host.pop_back();
  return {std::move(host), colon == text.npos ? std::string_view{} : text.substr(colon + 1)};
}

bool is_same_origin(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  if (scheme == origin.npos) return false;  // "null" too
  const std::string_view usual = lower_ascii(origin.substr(0, scheme)) == "https" ? "443" : "80";
  const auto with_port = [&](std::string_view text) {
    auto [name, port] = parts_of(text);
    return std::pair(std::move(name), std::string(port.empty() ? usual : port));
  };
  return with_port(origin.substr(scheme + 3)) == with_port(host);
}

class HostGuard {
 public:
  explicit HostGuard(HostRules rules) : rules_(std::move(rules)) {}

  /// Why the request is refused, or nothing.
  std::optional<std::string> refusal(const HeaderMap& headers) const {
    const std::string_view host = headers.get("Host");
    // Browsers always name a host. A client that speaks HTTP/1.0 without one is not a browser.
    if (rules_.checks_host && headers.find("Host") && !may_be_called(parts_of(host).host)) {
      return cat("the Host \"", printable(host, 80),
                 "\" is not a name of this machine: n2c serve --allow-host NAME allows it");
    }
    for (const auto& [field, value] : headers) {
      const std::string name = lower_ascii(field);
      if (name == "origin" && !is_same_origin(value, host)) {
        return cat("a web page of another origin (", printable(value, 80), ") sent this");
      }
      if (name == "sec-fetch-site" && value != "same-origin" && value != "none") {
        return "a web page of another site sent this (Sec-Fetch-Site)";
      }
    }
    return {};
  }

 private:
  bool may_be_called(const std::string& host) const {
    // Names below localhost are this machine too, whatever a name server says (RFC 6761 §6.3).
    return oci::is_loopback(host) || host.ends_with(".localhost") ||
           std::ranges::find(rules_.allowed, host) != rules_.allowed.end();
  }

  HostRules rules_;
};

}  // namespace

Parsed<std::string> parse_host_name(std::string_view text) {
  if (text.empty() || !is_authority(text)) {
    return std::unexpected(cat('"', printable(text, 80), "\" is not a name or address"));
  }
  const std::size_t bracket = text.rfind(']');
  if (text.substr(bracket == text.npos ? 0 : bracket).contains(':')) {
    return std::unexpected(cat('"', text, "\": it is given without a port"));
  }
  return parts_of(text).host;
}

Handler with_host_guard(HostRules rules, Handler handler) {
  return [guard = HostGuard(std::move(rules)), next = std::move(handler)](Request& request) {
    if (auto why = guard.refusal(request.headers)) {
      return reply_to({ApiErrorCode::denied, *std::move(why)});
    }
    return next(request);
  };
}

}  // namespace n2c::registry
