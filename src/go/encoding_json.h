#pragma once
/// JSON as Go's encoding/json reads and writes it (docs/format.md C1, C2, C4).
///
/// Json is one value. Objects keep their members in order, duplicates too, because Go
/// decodes them one after another. Numbers keep their text, because Go tells 1 from 1.0.
/// Boost.JSON does the parsing; its headers stay in encoding_json.cc.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace n2c::go {

class Json {
 public:
  enum class Kind { null, boolean, number, string, array, object };
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;  // null
  explicit Json(bool value) : value_(value) {}
  explicit Json(std::int64_t value);
  explicit Json(std::uint64_t value);
  Json(std::string_view text) : value_(std::string(text)) {}
  Json(std::string text) : value_(std::move(text)) {}
  Json(const char* text) : value_(std::string(text)) {}
  Json(Array elements) : value_(std::move(elements)) {}
  Json(Object members) : value_(std::move(members)) {}

  /// How deep a Json can be. Parsing, copying and freeing one take stack for each level, and a
  /// thread may have only 128 KiB of it (musl).
  static constexpr std::size_t max_depth = 64;

  /// A whole document (docs/format.md C4.1): no trailing data, no comments, at most max_depth deep,
  /// a million keys and values. Invalid UTF-8 and lone surrogates become U+FFFD (C4.8). The error
  /// names line, column and byte.
  static Parsed<Json> parse(std::string_view text);
  /// The same for the files that upstream's Go program reads, which may be 10 000 levels deep. What
  /// lies on level max_depth or below is checked and not kept: no field is that deep.
  static Parsed<Json> parse_as_go(std::string_view text);

  Kind kind() const { return static_cast<Kind>(value_.index()); }
  bool is_null() const { return kind() == Kind::null; }
  /// "null", "bool", "number", "string", "array", "object": Go's words.
  std::string_view kind_name() const;

  /// The value as that kind, or nothing when it is another.
  std::optional<bool> as_bool() const;
  std::optional<std::int64_t> as_int() const;  // a number without fraction or exponent, in range
  const std::string* as_string() const;
  const Array* as_array() const;
  const Object* as_object() const;

  /// A number's text as it was written; "" for any other kind.
  std::string_view number_text() const;

  /// The last member of exactly that name. A null pointer when there is none, or this is no object.
  const Json* find(std::string_view name) const;
  /// The text of a member, by find() and as_string(). "" when it is absent or of another kind.
  std::string text_at(std::string_view name) const;

  /// Appends a member to an object, or an element to an array. Returns this, so that calls can be
  /// chained.
  Json& set(std::string name, Json value);
  Json& push(Json element);

  /// Compact, Go's escapes (docs/format.md C2: < > & too), no newline.
  std::string compact() const;
  /// Indented with one tab a level as upstream's files are (docs/format.md C1.1), no newline at the
  /// end.
  std::string indented() const;

 private:
  struct Number {
    std::string text;
  };
  friend class JsonBuilder;  // the parser's side, in encoding_json.cc
  std::variant<std::monostate, bool, Number, std::string, Array, Object> value_;
};

/// Go's decoding of one object into a struct (docs/format.md C4.2 to C4.5): members in order, keys
/// exact or case-folded, unknown ones ignored, `null` left to each field.
///
///     decode_object(json, "ImageConfig", {
///         {"User", [&](const Json& v) { return decode(v, config.user); }}, …});
///
/// Every decode() returns nothing, or what is wrong and at which key: an error whose str() is
/// "layers[3].size: an integer is due, and this is 1.0".
struct DecodeError {
  std::string path;  ///< of keys and places; "" when it is the value itself
  std::string why;
  DecodeError(std::string reason) : why(std::move(reason)) {}
  DecodeError(std::string where, std::string reason)
      : path(std::move(where)), why(std::move(reason)) {}
  /// The same error with `step`, a key or "[3]", put before its path.
  DecodeError below(std::string_view step) const;
  std::string str() const { return path.empty() ? why : path + ": " + why; }
};
using Decoded = std::optional<DecodeError>;
struct Field {
  std::string_view name;
  std::function<Decoded(const Json&)> decode;
};
Decoded decode_object(const Json& json, std::string_view type, const std::vector<Field>& fields,
                      const std::function<void(std::string_view key)>& unknown = {});

/// "an integer is due, and this is 1.0"
DecodeError cannot_unmarshal(const Json& json, std::string_view into);

Decoded decode(const Json& json, std::string& into);   // null: unchanged
Decoded decode(const Json& json, bool& into);          // null: unchanged
Decoded decode(const Json& json, std::int64_t& into);  // null: unchanged
/// null gives nothing (Go's nil). An array replaces what was there; its null elements become "".
Decoded decode(const Json& json, std::optional<std::vector<std::string>>& into);
/// null clears. An object is merged into what is there (docs/format.md C4.4).
Decoded decode(const Json& json, std::map<std::string, std::string>& into);

/// Decodes an array into a list, each element by `element`. null gives an empty list; null elements
/// are passed on.
template <class T>
Decoded decode_list(const Json& json, std::vector<T>& into,
                    const std::function<Decoded(const Json&, T&)>& element) {
  into.clear();
  if (json.is_null()) return {};
  const Json::Array* array = json.as_array();
  if (array == nullptr) return cannot_unmarshal(json, "a list");
  for (const Json& one : *array) {
    if (auto wrong = element(one, into.emplace_back())) {
      return wrong->below("[" + std::to_string(into.size() - 1) + "]");
    }
  }
  return {};
}

}  // namespace n2c::go
