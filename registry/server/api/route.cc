#include "registry/server/api/route.h"

#include "base/text.h"
#include "oci/reference.h"

namespace n2c::registry {

namespace {

using Resource = Route::Resource;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded_parameter(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced) c = c == '+' ? ' ' : c;  // application/x-www-form-urlencoded
  return percent_decoded(spaced).value_or(std::string(text));
}

/// The path after "/v2/", cut at its last slashes: {"acme/app", "blobs", "sha256:…"}.
struct Tail {
  std::string_view head, resource, last;
};

std::optional<Tail> tail_of(std::string_view path) {
  const std::size_t second = path.rfind('/');
  if (second == std::string_view::npos || second == 0) return {};
  const std::size_t first = path.rfind('/', second - 1);
  if (first == std::string_view::npos) return {};
  return Tail{path.substr(0, first), path.substr(first + 1, second - first - 1),
              path.substr(second + 1)};
}

/// Resource, repository and reference of a path after "/v2/". The repository is not checked yet.
std::optional<Route> resource_of(std::string_view path) {
  const auto tail = tail_of(path);
  if (!tail) return {};
  const auto [head, resource, last] = *tail;
  const auto route = [&](Resource kind, std::string_view repository, std::string_view reference) {
    return Route{kind, std::string(repository), std::string(reference), {}};
  };
  if (resource == "uploads" && head.ends_with("/blobs")) {
    const std::string_view repository = head.substr(0, head.size() - 6);
    return route(last.empty() ? Resource::uploads : Resource::session, repository, last);
  }
  if (resource == "blobs" && last == "uploads") return route(Resource::uploads, head, "");
  if (resource == "blobs") return route(Resource::blob, head, last);
  if (resource == "manifests") return route(Resource::manifest, head, last);
  if (resource == "referrers") return route(Resource::referrers, head, last);
  if (resource == "tags" && last == "list") return route(Resource::tags, head, "");
  return {};
}

ApiError no_such_resource() {
  return {ApiErrorCode::name_unknown, "no such resource: see the OCI distribution-spec", {}, 404};
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return {};
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return {};
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      encoded += cat('%', hex_of(std::string_view(&c, 1)));
    }
  }
  return encoded;
}

Query Query::parse(std::string_view text) {
  Query query;
  for (const std::string_view part : split(text, '&')) {
    if (part.empty()) continue;
    const auto [parameter, value] = cut(part, '=').value_or(std::pair{part, std::string_view{}});
    query.parameters_.emplace_back(decoded_parameter(parameter), decoded_parameter(value));
  }
  return query;
}

std::optional<std::string> Query::find(std::string_view parameter) const {
  for (const auto& [key, value] : parameters_) {
    if (key == parameter) return value;
  }
  return {};
}

std::vector<std::string> Query::all(std::string_view parameter) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : parameters_) {
    if (key == parameter) values.push_back(value);
  }
  return values;
}

std::expected<Route, ApiError> parse_route(std::string_view target) {
  const auto [raw_path, raw_query] =
      cut(target, '?').value_or(std::pair{target, std::string_view{}});
  const auto path = percent_decoded(raw_path);
  if (!path) return std::unexpected(ApiError{ApiErrorCode::name_invalid, "the path is ill-formed"});
  Query query = Query::parse(raw_query);
  if (*path == "/v2" || *path == "/v2/") return Route{Resource::base, {}, {}, std::move(query)};
  if (*path == "/v2/_catalog") return Route{Resource::catalog, {}, {}, std::move(query)};
  if (!path->starts_with("/v2/")) return std::unexpected(no_such_resource());
  auto route = resource_of(std::string_view(*path).substr(4));
  if (!route) return std::unexpected(no_such_resource());
  if (!oci::is_repository_path(route->repository)) {
    return std::unexpected(ApiError{
        ApiErrorCode::name_invalid, "no valid repository path", {printable(route->repository)}});
  }
  route->query = std::move(query);
  return *std::move(route);
}

}  // namespace n2c::registry
