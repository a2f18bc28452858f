#pragma once
/// Where a Location may lead, and whether the login goes with it.

#include <expected>
#include <string>
#include <string_view>

#include "http/transport.h"
#include "http/url.h"

namespace n2c::registry {

/// Redirects followed for one request.
inline constexpr int most_redirects = 5;

/// What a redirect would take along, and what would come back.
struct Freight {
  /// The body is a login (an identity token): it is for home alone.
  bool secret_body = false;
  /// What comes back is checked by its digest, so nobody on the way can change it.
  bool verified = false;
  bool allow_plain_http = false;  ///< --allow-http-redirect
};

struct Hop {
  http::Url to;
  bool with_authorization = false;
  bool leaves_tls = false;  ///< from https to plain http
};

struct Refusal {
  std::string why, hint;
};

/// The target of `location` in a reply of `from` (RFC 3986 §5.2). The request was meant for `home`:
/// the registry that the user named, or the token server that the registry names. Refused are:
/// schemes other than http and https; private or loopback addresses other than home's own host (a
/// name's address is known once it is connected to, and Host refuses it then); from https to plain
/// http, unless what comes back is verified or it was allowed; and any other origin for a body that
/// is a login. The login goes only to home's origin, or to home's HTTPS side. An https registry
/// whose proxy makes it name itself as http stays https.
std::expected<Hop, Refusal> follow(const http::Url& home, const http::Url& from,
                                   std::string_view location, const Freight& freight = {});

/// Whether a login for `home` may be sent to `to`.
bool may_carry_login(const http::Url& home, const http::Url& to);

/// Whether a reply is a redirect that is followed with the same method: 301, 302, 307 and 308, and
/// 303 for GET and HEAD.
bool is_redirect(int status, http::Method method);

/// How near the host part of a URL is, as far as it tells: a name counts as anywhere.
enum class Nearness {
  anywhere,
  network,  ///< RFC 1918, carrier NAT, unique local
  link,     ///< link-local; clouds tell machines their secrets there
  machine,  ///< loopback, unspecified, "localhost"
};
Nearness nearness_of(std::string_view host);

}  // namespace n2c::registry
