#include "http/proxy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"

namespace n2c::http {

namespace {

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* first = text.data() + i + 1;
    const auto result = std::from_chars(first, first + 2, value, 16);
    if (result.ec != std::errc{} || result.ptr != first + 2) return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

/// An address as 16 bytes, IPv4 as ::ffff:a.b.c.d.
using Address = std::array<unsigned char, 16>;

std::optional<Address> parse_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string name(text);
  Address address{};
  if (::inet_pton(AF_INET6, name.c_str(), address.data()) == 1) return address;
  const std::string mapped = "::ffff:" + name;
  if (name.find(':') == std::string::npos &&
      ::inet_pton(AF_INET6, mapped.c_str(), address.data()) == 1) {
    return address;
  }
  return std::nullopt;
}

bool is_v4(const Address& address) {
  return std::ranges::all_of(std::span(address).first(10), [](auto b) { return b == 0; }) &&
         address[10] == 0xff && address[11] == 0xff;
}

bool share_prefix(const Address& one, const Address& other, std::size_t bits) {
  for (std::size_t i = 0; i < bits; ++i) {
    const unsigned mask = 0x80U >> (i % 8);
    if (((one.at(i / 8) ^ other.at(i / 8)) & mask) != 0) return false;
  }
  return true;
}

bool is_in_range(const Address& address, std::string_view range) {
  const auto parts = cut(range, '/');
  const auto network = parse_address(parts->first);
  const auto bits = parse_number(parts->second);
  if (!network || !bits || is_v4(*network) != is_v4(address)) return false;
  const std::size_t whole = *bits + (is_v4(*network) ? 96 : 0);
  return whole <= 128 && share_prefix(*network, address, whole);
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  const auto address = parse_address(host);
  if (!address) return false;
  return is_in_range(*address, "127.0.0.0/8") || is_in_range(*address, "::1/128");
}

/// NO_PROXY's entry without its port; nothing when the port is another one.
std::optional<std::string_view> entry_for_port(std::string_view entry, std::uint16_t port) {
  const std::size_t colon = entry.rfind(':');
  if (colon == std::string_view::npos || parse_address(entry) ||
      entry.find('/') != std::string_view::npos) {
    return entry;
  }
  const auto number = parse_number(entry.substr(colon + 1));
  if (!number || *number != port) return std::nullopt;
  return entry.substr(0, colon);
}

bool matches(std::string_view entry, const Url& url) {
  const auto name = entry_for_port(entry, url.port());
  if (!name || name->empty()) return false;
  if (*name == "*") return true;
  if (const auto address = parse_address(url.host())) {
    if (name->find('/') != std::string_view::npos) return is_in_range(*address, *name);
    return parse_address(*name) == address;
  }
  std::string_view domain = *name;
  if (domain.starts_with("*.")) domain.remove_prefix(1);
  if (domain.starts_with('.')) return url.host().ends_with(domain);
  return url.host() == domain || url.host().ends_with(cat('.', domain));
}

std::optional<Proxy> proxy_of(const Environment& environment,
                              std::span<const char* const> variables) {
  for (const char* variable : variables) {
    const std::string text = environment(variable);
    if (!text.empty()) return or_throw(Proxy::parse(text), ErrorKind::usage, variable);
  }
  return std::nullopt;
}

}  // namespace

Parsed<Proxy> Proxy::parse(std::string_view text) {
  static constexpr std::array<std::string_view, 6> schemes = {"http",    "https",  "socks4",
                                                              "socks4a", "socks5", "socks5h"};
  text = trim(text);
  const std::size_t mark = text.find("://");
  const std::string scheme =
      mark == std::string_view::npos ? "http" : lower_ascii(text.substr(0, mark));
  if (std::ranges::find(schemes, scheme) == schemes.end()) {
    return std::unexpected("not a proxy's URL: its scheme is not http, https or socks");
  }
  if (mark != std::string_view::npos) text.remove_prefix(mark + 3);
  Proxy proxy;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    const auto login = text.substr(0, at);
    const auto parts = cut(login, ':');
    const auto user = percent_decode(parts ? parts->first : login);
    const auto password = percent_decode(parts ? parts->second : "");
    if (!user || !password) return std::unexpected("not a proxy's URL: its login is malformed");
    proxy.user = *user;
    proxy.password = *password;
    text.remove_prefix(at + 1);
  }
  // The host and port have the form they have in any URL.
  const auto url = Url::parse(cat("http://", text));
  if (!url) return std::unexpected("not a proxy's URL: its host or port is malformed");
  const std::string_view authority = text.substr(0, text.find_first_of("/?"));
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  const std::uint16_t usual = scheme == "http" ? 80 : scheme == "https" ? 443 : 1080;
  proxy.address = cat(scheme, "://", url->host(), ':', has_port ? url->port() : usual);
  return proxy;
}

ProxyRules::ProxyRules(const Environment& environment) {
  static constexpr std::array https = {"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"};
  static constexpr std::array http = {"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"};
  https_ = proxy_of(environment, https);
  const bool is_cgi = !environment("REQUEST_METHOD").empty();
  http_ = proxy_of(environment, std::span(http).subspan(is_cgi ? 1 : 0));
  std::string list = environment("NO_PROXY");
  if (list.empty()) list = environment("no_proxy");
  for (const auto entry : split(list, ',')) {
    if (!trim(entry).empty()) excluded_.push_back(lower_ascii(trim(entry)));
  }
}

std::optional<Proxy> ProxyRules::find(const Url& url) const {
  const auto& proxy = url.is_https() ? https_ : http_;
  return proxy && !is_excluded(url) ? proxy : std::nullopt;
}

bool ProxyRules::is_excluded(const Url& url) const {
  return is_loopback(url.host()) ||
         std::ranges::any_of(excluded_, [&](const auto& entry) { return matches(entry, url); });
}

}  // namespace n2c::http
