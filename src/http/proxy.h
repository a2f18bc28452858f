#pragma once
/// Which proxy a request goes through, from the environment.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/error.h"
#include "http/url.h"

namespace n2c::http {

/// A proxy. Its login is kept apart from its address, so that the address can be shown.
struct Proxy {
  std::string address;  ///< "http://proxy.corp:3128"; also https, socks4, socks4a, socks5, socks5h
  std::string user, password;  ///< percent-decoded; empty: none

  /// "http://bob:secret@proxy:3128" or "proxy:3128" (then http). The error never quotes the text.
  static Parsed<Proxy> parse(std::string_view text);
};

/// HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (or in lower case), read as Go's programs read
/// them: NO_PROXY's entries are "*", domains (with their subdomains), ".domain" (subdomains
/// only), addresses and CIDR ranges, each perhaps with ":port"; loopback hosts never go
/// through a proxy. HTTP_PROXY is ignored in a CGI process (httpoxy, CVE-2016-5385).
class ProxyRules {
 public:
  /// Throws Error{usage} for a variable that does not hold a proxy's URL, and names it.
  explicit ProxyRules(const Environment& environment);

  std::optional<Proxy> find(const Url& url) const;

 private:
  bool is_excluded(const Url& url) const;

  std::optional<Proxy> https_, http_;
  std::vector<std::string> excluded_;
};

}  // namespace n2c::http
