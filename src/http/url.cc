#include "http/url.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace n2c::http {

namespace {

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// What is before ':' when that is a scheme (RFC 3986 §3.1).
std::optional<std::string_view> scheme_of(std::string_view text) {
  const auto parts = cut(text, ':');
  if (!parts || parts->first.empty() || !is_alnum(parts->first[0])) return std::nullopt;
  const bool clean = std::ranges::all_of(
      parts->first, [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; });
  return clean ? std::optional(parts->first) : std::nullopt;
}

/// Strict, so that libcurl cannot read another host in a text than n2c does.
bool is_host(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    return std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
    });
  }
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return is_alnum(c) || c == '.' || c == '-' || c == '_';
  });
}

struct HostPort {
  std::string host;
  std::uint16_t port;
};

Parsed<HostPort> parse_authority(std::string_view text, std::uint16_t default_port) {
  if (text.find('\\') != std::string_view::npos) return std::unexpected("not a URL: a backslash");
  if (const auto at = text.rfind('@'); at != std::string_view::npos) text.remove_prefix(at + 1);
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  HostPort both{lower_ascii(text.substr(0, has_port ? colon : text.size())), default_port};
  if (!is_host(both.host)) return std::unexpected("not a URL: its host is missing or malformed");
  if (has_port && colon + 1 < text.size()) {
    const auto port = parse_number(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return std::unexpected("not a URL: bad port");
    both.port = static_cast<std::uint16_t>(*port);
  }
  return both;
}

/// RFC 3986 §5.2.4.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segments[i] != ".") {
      kept.push_back(segments[i]);
      continue;
    }
    if (last) kept.emplace_back();
  }
  std::string clean;
  for (const auto segment : kept) clean += cat('/', segment);
  return clean.empty() ? "/" : clean;
}

std::string redact_query(std::string_view query) {
  std::string shown;
  for (const auto parameter : split(query, '&')) {
    const auto parts = cut(parameter, '=');
    if (!shown.empty()) shown += '&';
    shown += parts ? cat(parts->first, "=…") : "…";
  }
  return shown;
}

}  // namespace

Parsed<Url> Url::parse(std::string_view text) {
  text = text.substr(0, text.find('#'));
  if (std::ranges::any_of(
          text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; })) {
    return std::unexpected("not a URL: it holds a space or a control character");
  }
  const auto scheme = scheme_of(text);
  Url url;
  url.scheme_ = lower_ascii(scheme.value_or(""));
  if (url.scheme_ != "http" && url.scheme_ != "https") {
    return std::unexpected("not an http or https URL");
  }
  text.remove_prefix(scheme->size() + 1);
  if (!text.starts_with("//"))
    return std::unexpected("not a URL: its host is missing or malformed");
  text.remove_prefix(2);
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  auto authority = parse_authority(text.substr(0, end), url.is_https() ? 443 : 80);
  if (!authority) return std::unexpected(authority.error());
  url.host_ = std::move(authority->host);
  url.port_ = authority->port;
  const auto parts = cut(text.substr(end), '?');
  url.path_ = parts ? parts->first : text.substr(end);
  if (url.path_.empty()) url.path_ = "/";
  if (parts) url.query_ = parts->second;
  return url;
}

Parsed<Url> Url::resolve(std::string_view location) const {
  location = trim(location.substr(0, location.find('#')));
  if (scheme_of(location) || location.starts_with("//")) {
    auto absolute =
        parse(scheme_of(location) ? std::string(location) : cat(scheme_, ':', location));
    if (absolute) absolute->path_ = remove_dot_segments(absolute->path_);
    return absolute;
  }
  if (location.empty()) return *this;
  const auto parts = cut(location, '?');
  const std::string_view path = parts ? parts->first : location;
  std::string whole = path_;
  if (path.starts_with('/')) {
    whole = remove_dot_segments(path);
  } else if (!path.empty()) {
    whole = remove_dot_segments(cat(std::string_view(path_).substr(0, path_.rfind('/') + 1), path));
  }
  return parse(cat(scheme_, "://", authority(), whole, parts ? cat('?', parts->second) : ""));
}

std::string Url::authority() const {
  const std::uint16_t usual = is_https() ? 443 : 80;
  return port_ == usual ? host_ : cat(host_, ':', port_);
}

std::string Url::str() const {
  return cat(scheme_, "://", authority(), path_, query_.empty() ? "" : cat('?', query_));
}

std::string Url::redacted() const {
  return printable(
      cat(scheme_, "://", authority(), path_, query_.empty() ? "" : cat('?', redact_query(query_))),
      1024);
}

Url Url::with_query(std::string_view name, std::string_view value) const {
  Url longer = *this;
  if (!longer.query_.empty() && longer.query_.back() != '&') longer.query_ += '&';
  longer.query_ += cat(percent_encode(name), '=', percent_encode(value));
  return longer;
}

bool Url::same_origin(const Url& other) const {
  return scheme_ == other.scheme_ && host_ == other.host_ && port_ == other.port_;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      std::string hex = hex_of({&c, 1});
      std::ranges::transform(hex, hex.begin(), [](char h) {
        return h >= 'a' && h <= 'f' ? static_cast<char>(h - 'a' + 'A') : h;
      });
      encoded += cat('%', hex);
    }
  }
  return encoded;
}

}  // namespace n2c::http
