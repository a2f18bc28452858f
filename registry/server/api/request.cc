#include "registry/server/api/request.h"

#include <algorithm>

#include "base/text.h"

namespace n2c::registry {

namespace {

bool same_field(std::string_view a, std::string_view b) {
  return a.size() == b.size() && lower_ascii(a) == lower_ascii(b);
}

}  // namespace

std::string_view method_text(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    case Method::other: return "?";
  }
  return "?";
}

void HeaderMap::set(std::string_view field, std::string value) {
  remove(field);
  fields_.emplace_back(field, std::move(value));
}

void HeaderMap::remove(std::string_view field) {
  std::erase_if(fields_, [&](const auto& one) { return same_field(one.first, field); });
}

std::optional<std::string_view> HeaderMap::find(std::string_view field) const {
  const auto found =
      std::ranges::find_if(fields_, [&](const auto& one) { return same_field(one.first, field); });
  if (found == fields_.end()) return {};
  return found->second;
}

}  // namespace n2c::registry
