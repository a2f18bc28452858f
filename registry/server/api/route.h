#pragma once
/// Parses a request target: which resource of the API it names.

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/server/api/api_error.h"

namespace n2c::registry {

/// A query string's parameters in order, decoded.
class Query {
 public:
  static Query parse(std::string_view text);
  std::optional<std::string> find(std::string_view parameter) const;
  std::vector<std::string> all(std::string_view parameter) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

struct Route {
  enum class Resource { base, catalog, tags, referrers, manifest, blob, uploads, session };
  Resource resource = Resource::base;
  std::string repository{};  ///< valid (oci::is_repository_path) where the resource has one
  std::string reference{};   ///< of a manifest, blob, subject or session; not yet checked
  Query query{};
};

/// Decodes %XX. Nothing when a % is followed by anything else. '+' stays as it is.
std::optional<std::string> percent_decoded(std::string_view text);
/// Encodes everything but unreserved characters as %XX (RFC 3986 §2.3), for a query value.
std::string percent_encoded(std::string_view text);

/// Parses path and query of a request line. They are decoded once, then checked strictly: "..",
/// NUL, and whatever else a repository path cannot hold, is NAME_INVALID.
std::expected<Route, ApiError> parse_route(std::string_view target);

}  // namespace n2c::registry
