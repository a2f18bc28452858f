#include "registry/server/api/request.h"

#include <algorithm>

#include "base/text.h"

namespace n2c::registry {

namespace {

bool same_field(std::string_view a, std::string_view b) {
  return a.size() == b.size() && lower_ascii(a) == lower_ascii(b);
}

}  // namespace

std::string_view verb_text(Verb verb) {
  switch (verb) {
    case Verb::get: return "GET";
    case Verb::head: return "HEAD";
    case Verb::post: return "POST";
    case Verb::put: return "PUT";
    case Verb::patch: return "PATCH";
    case Verb::del: return "DELETE";
    case Verb::other: return "?";
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
