#pragma once
/// Where a Location may lead, and whether the login goes with it.

#include <string_view>

#include "base/error.h"
#include "http/transport.h"
#include "http/url.h"

namespace n2c::registry {

/// Redirects followed for one request.
inline constexpr int most_redirects = 5;

struct Hop {
  http::Url to;
  bool with_authorization = false;
};

/// The target of `location` in a reply of `from` (RFC 3986 §5.2), for a registry at `home`, the
/// address the user named. Refused: other schemes than http and https, and private or
/// loopback addresses other than home's own host (where a name leads shows when it is connected to:
/// Host refuses it then). The login goes only to home's origin, or to its
/// HTTPS side. An https registry whose proxy makes it name itself as http stays https.
Parsed<Hop> follow(const http::Url& home, const http::Url& from, std::string_view location);

/// Whether a reply asks to go elsewhere with the same method: 301, 302, 307, 308 (the method is
/// kept for all of them), and 303 for GET and HEAD.
bool is_redirect(int status, http::Method method);

/// Whether the host part of a URL is an address that only this machine or its network can
/// reach: RFC 1918, loopback, link-local, carrier NAT, unique local, unspecified, "localhost".
bool is_private_address(std::string_view host);

}  // namespace n2c::registry
