/// Json decoded into fields by Go's rules (docs/format.md C4.2 to C4.6).

#include <algorithm>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c::go {

namespace {

/// Unicode simple folding as far as it can meet an ASCII field name (docs/format.md C4.2).
std::string folded(std::string_view key) {
  std::string lower;
  while (!key.empty()) {
    if (key.starts_with("\xc5\xbf")) {  // U+017F, long s
      lower += 's';
      key.remove_prefix(2);
    } else if (key.starts_with("\xe2\x84\xaa")) {  // U+212A, Kelvin sign
      lower += 'k';
      key.remove_prefix(3);
    } else {
      lower += key.front();
      key.remove_prefix(1);
    }
  }
  return lower_ascii(lower);
}

const Field* find_field(const std::vector<Field>& fields, std::string_view key) {
  auto field = std::ranges::find(fields, key, &Field::name);
  if (field == fields.end()) {
    field = std::ranges::find_if(
        fields, [lower = folded(key)](const Field& f) { return lower_ascii(f.name) == lower; });
  }
  return field == fields.end() ? nullptr : &*field;
}

}  // namespace

DecodeError DecodeError::below(std::string_view step) const {
  const bool joined = path.empty() || path.starts_with('[');
  return {cat(step, joined ? "" : ".", path), why};
}

DecodeError cannot_unmarshal(const Json& json, std::string_view into) {
  if (json.is_null()) return cat(into, " is due, and this is null");
  if (json.kind() == Json::Kind::number) {
    return cat(into, " is due, and this is ", printable(json.number_text(), 40));
  }
  static constexpr std::string_view kinds[] = {"",         "true or false", "",
                                               "a string", "a list",        "an object"};
  return cat(into, " is due, and this is ", kinds[static_cast<std::size_t>(json.kind())]);
}

Decoded decode_object(const Json& json, std::string_view type, const std::vector<Field>& fields,
                      const std::function<void(std::string_view key)>& unknown) {
  if (json.is_null()) return {};
  const Json::Object* object = json.as_object();
  if (object == nullptr) return cannot_unmarshal(json, cat("an object (", type, ")"));
  for (const auto& [key, value] : *object) {
    const Field* field = find_field(fields, key);
    if (field == nullptr) {
      if (unknown) unknown(key);
      continue;
    }
    if (auto wrong = field->decode(value)) return wrong->below(printable(key, 60));
  }
  return {};
}

Decoded decode(const Json& json, std::string& into) {
  if (json.is_null()) return {};
  const std::string* text = json.as_string();
  if (text == nullptr) return cannot_unmarshal(json, "a string");
  into = *text;
  return {};
}

Decoded decode(const Json& json, bool& into) {
  if (json.is_null()) return {};
  const auto value = json.as_bool();
  if (!value) return cannot_unmarshal(json, "true or false");
  into = *value;
  return {};
}

Decoded decode(const Json& json, std::int64_t& into) {
  if (json.is_null()) return {};
  const auto value = json.as_int();
  if (!value) return cannot_unmarshal(json, "an integer");
  into = *value;
  return {};
}

Decoded decode(const Json& json, std::optional<std::vector<std::string>>& into) {
  into.reset();
  if (json.is_null()) return {};
  if (json.as_array() == nullptr) return cannot_unmarshal(json, "a list of strings");
  return decode_list<std::string>(
      json, into.emplace(), [](const Json& one, std::string& text) { return decode(one, text); });
}

Decoded decode(const Json& json, std::map<std::string, std::string>& into) {
  if (json.is_null()) {
    into.clear();
    return {};
  }
  const Json::Object* object = json.as_object();
  if (object == nullptr) return cannot_unmarshal(json, "an object of strings");
  for (const auto& [key, value] : *object) {
    std::string text;
    if (auto wrong = decode(value, text)) return wrong->below(printable(key, 60));
    into[key] = std::move(text);
  }
  return {};
}

}  // namespace n2c::go
