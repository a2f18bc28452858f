#include "oci/reference.h"

#include <algorithm>

#include "base/text.h"

namespace n2c::oci {

namespace {

constexpr std::size_t max_tag = 128;
constexpr std::size_t max_path = 255;

bool is_lower_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return is_lower_alphanumeric(c) || (c >= 'A' && c <= 'Z'); }

/// Runs of [a-z0-9] with ".", "_", "__" or dashes between them.
bool is_path_component(std::string_view text) {
  if (text.empty() || !is_lower_alphanumeric(text.front()) || !is_lower_alphanumeric(text.back())) {
    return false;
  }
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (!is_lower_alphanumeric(text[end])) ++end;  // as the last is
    const std::string_view separator = text.substr(at, end - at);
    const bool dashes = separator.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && separator != "." && separator != "_" && separator != "__") return false;
    at = end + 1;
  }
  return true;
}

/// Labels of letters, digits and inner dashes with dots between them; IPv4 is one such.
bool is_host_name(std::string_view text) {
  return std::ranges::all_of(split(text, '.'), [](std::string_view label) {
    return !label.empty() && is_alphanumeric(label.front()) && is_alphanumeric(label.back()) &&
           std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
  });
}

bool is_ipv6_literal(std::string_view text) {
  return text.size() > 2 && text.starts_with('[') && text.ends_with(']') &&
         text.find_first_not_of("0123456789abcdefABCDEF:", 1) == text.size() - 1;
}

struct HostAndPort {
  std::string_view host, port;
  bool has_port = false;
};

HostAndPort split_port(std::string_view text) {
  const auto bracket = text.find(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return {text, {}, false};
  return {text.substr(0, colon), text.substr(colon + 1), true};
}

bool is_host(std::string_view text) {
  const auto [host, port, has_port] = split_port(text);
  if (has_port) {
    const auto number = parse_number(port);
    if (!number || *number == 0 || *number > 65535) return false;
  }
  return is_ipv6_literal(host) || is_host_name(host);
}

/// "127.0.0.1:5000", "ghcr.io:443", "localhost:5000": what has a port and a name that no repository
/// of Docker Hub has.
bool is_host_alone(std::string_view text) {
  const auto [host, port, has_port] = split_port(text);
  const bool is_named = is_ipv6_literal(host) || host == "localhost" || is_loopback(host);
  return has_port && text.find('/') == std::string_view::npos && is_named && is_host(text);
}

Parsed<Repository> parse_repository(std::string_view text) {
  const auto both = cut(text, '/');
  if (!both || !looks_like_host(both->first)) {
    const bool single = text.find('/') == std::string_view::npos;
    return Repository{"docker.io", (single ? "library/" : "") + std::string(text)};
  }
  std::string host(both->first);
  if (!is_host(host)) return std::unexpected("\"" + printable(host, 80) + "\" is not a host");
  if (host == "index.docker.io") host = "docker.io";
  std::string path(both->second);
  if (host == "docker.io" && path.find('/') == std::string::npos) path = "library/" + path;
  return Repository{std::move(host), std::move(path)};
}

}  // namespace

bool looks_like_host(std::string_view first) {
  return first.find_first_of(".:[") != std::string_view::npos || first == "localhost" ||
         lower_ascii(first) != first;
}

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= max_tag && text.front() != '.' && text.front() != '-' &&
         std::ranges::all_of(
             text, [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_repository_path(std::string_view text) {
  return text.size() <= max_path && std::ranges::all_of(split(text, '/'), is_path_component);
}

bool is_loopback(std::string_view host) {
  const std::string bare = lower_ascii(split_port(host).host);
  if (bare == "localhost" || bare == "[::1]") return true;
  const auto parts = split(bare, '.');
  return parts.size() == 4 && parts.front() == "127" &&
         std::ranges::all_of(parts, [](std::string_view part) {
           const auto number = parse_number(part);
           const bool is_octal = part.size() > 1 && part.starts_with('0');  // to some readers
           return number && *number < 256 && !is_octal;
         });
}

Parsed<Reference> Reference::parse(std::string_view text) {
  if (text.empty()) return std::unexpected("it is empty; is a variable not set?");
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    return std::unexpected(cat("leave ", printable(text.substr(0, scheme + 3), 20),
                               " out: ", printable(text.substr(scheme + 3), 300)));
  }
  if (is_host_alone(text)) {
    return std::unexpected(cat(printable(text, 300), " is a host without a repository: ",
                               printable(text, 300), "/NAME:TAG"));
  }
  Reference reference;
  std::string_view rest = text;
  if (const auto both = cut(rest, '@')) {
    auto digest = Digest::parse(both->second);
    if (!digest) return std::unexpected(digest.error());
    reference.digest = *std::move(digest);
    rest = both->first;
  }
  const auto slash = rest.rfind('/');
  const auto colon = rest.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    const std::string_view tag = rest.substr(colon + 1);
    if (!is_tag(tag)) {
      return std::unexpected("\"" + printable(tag, 140) +
                             "\" is not a tag: want up to 128 of A-Z a-z 0-9 . _ -");
    }
    reference.tag = std::string(tag);
    rest = rest.substr(0, colon);
  }
  auto repository = parse_repository(rest);
  if (!repository) return std::unexpected(repository.error());
  reference.repository = *std::move(repository);
  if (!is_repository_path(reference.repository.path)) {
    return std::unexpected("\"" + printable(reference.repository.path, 300) +
                           "\" is not a repository: want lower-case letters, digits and . _ - "
                           "between slashes, at most 255 in all");
  }
  if (!reference.tag && !reference.digest) reference.tag = "latest";
  return reference;
}

std::string Reference::str() const {
  std::string text = repository.str();
  if (tag) text += ":" + *tag;
  if (digest) text += "@" + digest->str();
  return text;
}

}  // namespace n2c::oci
