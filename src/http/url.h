#pragma once
/// URLs as a registry client needs them: resolved by RFC 3986, compared by host, printed
/// without secrets.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace n2c::http {

/// An http or https URL. Parts are kept as they were written: nothing is re-encoded. User
/// information and the fragment are dropped: credentials come from logins only.
class Url {
 public:
  static Parsed<Url> parse(std::string_view text);
  /// Resolves `location`, as of a Location header, against this URL. It may be absolute, //host,
  /// /path, relative or ?query. Only http and https come out.
  Parsed<Url> resolve(std::string_view location) const;

  const std::string& scheme() const { return scheme_; }  // "http" or "https"
  const std::string& host() const { return host_; }      // lower-case, no port; IPv6 with [ ]
  std::uint16_t port() const { return port_; }           // 80 or 443 when none was written
  const std::string& path() const { return path_; }      // begins with '/'
  const std::string& query() const { return query_; }    // without '?'
  bool is_https() const { return scheme_ == "https"; }

  /// HOST, or HOST:PORT where the port is not the scheme's own.
  std::string authority() const;
  std::string str() const;
  /// The URL for people and logs. Query values become "…", for a signed URL's query is a
  /// credential.
  std::string redacted() const;

  /// This URL with `name=value` added at the end of its query. The value is percent-encoded.
  Url with_query(std::string_view name, std::string_view value) const;
  /// Whether scheme, host and port are the same. A credential may be sent there only then.
  bool same_origin(const Url& other) const;

 private:
  std::string scheme_, host_, path_, query_;
  std::uint16_t port_ = 0;
};

/// RFC 3986 percent-encoding of everything but unreserved characters.
std::string percent_encode(std::string_view text);

}  // namespace n2c::http
