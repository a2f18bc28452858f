#include "statement/json_difference.h"

#include <algorithm>

#include "base/text.h"

namespace n2c {

namespace {

using go::Json;

std::string shown_json(const Json* json) {
  return json == nullptr ? "not there" : printable(json->compact(), 200);
}

std::optional<std::string> member_difference(const Json* is, const Json* should,
                                             const std::string& where) {
  if (is != nullptr && should != nullptr) return first_difference(*is, *should, where);
  if (is == should) return {};
  return cat(printable(where), " is ", shown_json(is), ", and should be ", shown_json(should));
}

}  // namespace

std::optional<std::string> first_difference(const Json& is, const Json& should,
                                            const std::string& where) {
  if (is.as_object() != nullptr && should.as_object() != nullptr) {
    const std::string before = where.empty() ? "" : where + ".";
    for (const Json* side : {&should, &is}) {
      for (const auto& [key, value] : *side->as_object()) {
        auto found = member_difference(is.find(key), should.find(key), before + key);
        if (found) return found;
      }
    }
    return {};
  }
  if (is.as_array() != nullptr && should.as_array() != nullptr) {
    const auto& found = *is.as_array();
    const auto& wanted = *should.as_array();
    for (std::size_t i = 0; i < std::max(found.size(), wanted.size()); ++i) {
      auto difference =
          member_difference(i < found.size() ? &found[i] : nullptr,
                            i < wanted.size() ? &wanted[i] : nullptr, cat(where, "[", i, "]"));
      if (difference) return difference;
    }
    return {};
  }
  if (is.compact() == should.compact()) return {};
  return cat(printable(where), " is ", shown_json(&is), ", and should be ", shown_json(&should));
}

}  // namespace n2c
