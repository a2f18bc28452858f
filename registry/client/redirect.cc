#include "registry/client/redirect.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/text.h"
#include "oci/reference.h"

namespace n2c::registry {

namespace {

struct Network {
  std::uint32_t address;
  int bits;
  Nearness nearness;
};
constexpr std::array near_networks = {
    Network{0x00000000, 8, Nearness::machine},  Network{0x0a000000, 8, Nearness::network},
    Network{0x64400000, 10, Nearness::network}, Network{0x7f000000, 8, Nearness::machine},
    Network{0xa9fe0000, 16, Nearness::link},    Network{0xac100000, 12, Nearness::network},
    Network{0xc0a80000, 16, Nearness::network},
};

Nearness nearness_of_v4(std::uint32_t address) {
  for (const Network& one : near_networks) {
    if ((address ^ one.address) >> (32 - one.bits) == 0) return one.nearness;
  }
  return Nearness::anywhere;
}

/// Before an IPv4 address that is written as an IPv6 one (RFC 4291 §2.5.5.2).
constexpr std::array<std::uint8_t, 12> v4_mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Nearness nearness_of_v6(const in6_addr& address) {
  const auto& bytes = address.s6_addr;
  const auto is = [&](const in6_addr& other) { return std::ranges::equal(bytes, other.s6_addr); };
  if (is(in6addr_loopback) || is(in6addr_any)) return Nearness::machine;
  if (std::ranges::equal(std::span(bytes).first(v4_mapped.size()), v4_mapped)) {
    return nearness_of_v4(static_cast<std::uint32_t>(bytes[12]) << 24 |
                          static_cast<std::uint32_t>(bytes[13]) << 16 |
                          static_cast<std::uint32_t>(bytes[14]) << 8 | bytes[15]);
  }
  if ((bytes[0] & 0xfe) == 0xfc) return Nearness::network;
  const bool link_local = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
  return link_local ? Nearness::link : Nearness::anywhere;
}

/// `to`, with home's own scheme and port where it is home named as plain http.
http::Url keep_https(const http::Url& home, http::Url to) {
  const bool named_plain = home.is_https() && !to.is_https() && to.host() == home.host();
  if (!named_plain || (to.port() != 80 && to.port() != home.port())) return to;
  const std::string query = to.query().empty() ? "" : "?" + to.query();
  return http::Url::parse("https://" + home.authority() + to.path() + query).value();
}

}  // namespace

Nearness nearness_of(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const std::string bare(bracketed ? host.substr(1, host.size() - 2) : host);
  in_addr v4{};
  // curl and libc accept inet_aton's short forms too ("127.1", "0x7f000001").
  if (!bracketed && ::inet_aton(bare.c_str(), &v4) == 1) return nearness_of_v4(ntohl(v4.s_addr));
  in6_addr v6{};
  if (::inet_pton(AF_INET6, bare.c_str(), &v6) == 1) return nearness_of_v6(v6);
  std::string_view name = bare;
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::string lower = lower_ascii(name);
  const bool local =
      lower == "localhost" || lower.ends_with(".localhost") || oci::is_loopback(lower);
  return local ? Nearness::machine : Nearness::anywhere;
}

bool may_carry_login(const http::Url& home, const http::Url& to) {
  if (to.same_origin(home)) return true;
  return to.host() == home.host() && to.is_https() && to.port() == 443 && !home.is_https() &&
         home.port() == 80;
}

std::expected<Hop, Refusal> follow(const http::Url& home, const http::Url& from,
                                   std::string_view location, const Freight& freight) {
  const auto refuse = [](std::string why, std::string hint = {}) {
    return std::unexpected(Refusal{std::move(why), std::move(hint)});
  };
  const Parsed<http::Url> resolved = from.resolve(location);
  if (!resolved) return refuse(resolved.error());
  const http::Url to = keep_https(home, *resolved);
  const bool both_loopback = oci::is_loopback(home.host()) && oci::is_loopback(to.host());
  const bool is_private = nearness_of(to.host()) != Nearness::anywhere;
  if (to.host() != home.host() && !both_loopback && is_private) {
    return refuse(cat("refusing to be led to the private address ", to.host()));
  }
  const bool carries = may_carry_login(home, to);
  if (freight.secret_body && !carries) {
    return refuse(cat("refusing to take a login to ", to.authority(), ", which ", home.authority(),
                      " leads to"),
                  "a login is sent to the token server that the registry names, and no further");
  }
  const bool leaves_tls = (from.is_https() || home.is_https()) && !to.is_https();
  if (leaves_tls && !freight.verified && !freight.allow_plain_http) {
    return refuse(
        cat("refusing to be led from https to plain http, to ", to.redacted()),
        "whoever is on the way could read and change it; --allow-http-redirect goes there "
        "all the same, without the login");
  }
  return Hop{.to = to, .with_authorization = carries, .leaves_tls = leaves_tls};
}

bool is_redirect(int status, http::Method method) {
  if (status == 303) return method == http::Method::get || method == http::Method::head;
  return status == 301 || status == 302 || status == 307 || status == 308;
}

}  // namespace n2c::registry
