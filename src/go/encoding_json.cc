#include "go/encoding_json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>

#include "base/text.h"

namespace n2c::go {

namespace {

/// docs/format.md C4.1: Go's own limit.
constexpr std::size_t max_go_depth = 10'000;
/// Bounds the memory that a hostile document takes. The image.json of the largest closures needs
/// less than a fifth of it.
constexpr std::size_t max_values = 1'000'000;

/// Each byte that is not part of a UTF-8 character becomes U+FFFD (docs/format.md C4.8).
std::string valid_utf8(std::string text) {
  std::size_t at = 0;
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  if (at == text.size()) return text;
  std::string valid;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = utf8_length(rest);
    valid += length == 0 ? replacement_character : rest.substr(0, length);
    rest.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return valid;
}

/// The four hex digits of the \uXXXX escape at `at`, or nothing when there is no such escape.
std::optional<unsigned> escape_at(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  unsigned code = 0;
  const char* end = text.data() + at + 6;
  const auto result = std::from_chars(end - 4, end, code, 16);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return code;
}

bool is_high_surrogate(unsigned code) { return code >= 0xd800 && code < 0xdc00; }
bool is_low_surrogate(unsigned code) { return code >= 0xdc00 && code < 0xe000; }

/// Writes \ufffd over every lone surrogate escape, which Boost.JSON refuses and Go replaces.
/// The length stays, and so do the offsets that errors name.
std::string mend_surrogates(std::string_view text) {
  std::string mended(text);
  for (std::size_t at = mended.find('\\'); at != std::string::npos; at = mended.find('\\', at)) {
    const auto code = escape_at(mended, at);
    if (!code) {
      at += 2;
      continue;
    }
    const auto next = escape_at(mended, at + 6);
    const bool pair = is_high_surrogate(*code) && next && is_low_surrogate(*next);
    if (!pair && *code >= 0xd800 && *code < 0xe000) mended.replace(at + 2, 4, "fffd");
    at += pair ? 12 : 6;
  }
  return mended;
}

/// Where the string that begins at `quote` ends.
std::size_t past_string(std::string_view text, std::size_t quote) {
  std::size_t at = text.find_first_of("\"\\", quote + 1);
  while (at < text.size() && text[at] == '\\') at = text.find_first_of("\"\\", at + 2);
  return std::min(at, text.size() - 1) + 1;
}

/// Exponents of so many digits and more do not fit into Boost.JSON's int. Go takes them.
constexpr std::size_t long_exponent = 10;

/// The digits of a number's exponent.
std::string_view exponent_of(std::string_view number) {
  const std::size_t e = number.find_first_of("eE");
  if (e == number.npos) return {};
  number.remove_prefix(e + 1);
  if (number.starts_with('+') || number.starts_with('-')) number.remove_prefix(1);
  return number.substr(0, number.find_first_not_of("0123456789"));
}

/// Numbers whose exponents are too long, in their order.
using LongNumbers = std::vector<std::string>;

/// Writes over every long exponent which number of `found` it is, in as many digits. Offsets stay.
std::string mend_exponents(std::string text, LongNumbers& found) {
  for (std::size_t at = text.find_first_of("\"-0123456789"); at < text.size();
       at = text.find_first_of("\"-0123456789", at)) {
    if (text[at] == '"') {
      at = past_string(text, at);
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of("-+.eE0123456789", at), text.size());
    const std::string_view number = std::string_view(text).substr(at, end - at);
    const std::string_view digits = exponent_of(number);
    if (digits.size() >= long_exponent) {
      found.emplace_back(number);
      const std::string index = cat(found.size() - 1);
      const auto from = static_cast<std::size_t>(digits.data() - text.data());
      const std::size_t count = digits.size();
      text.replace(from, count, std::string(count - index.size(), '0') + index);
    }
    at = end;
  }
  return text;
}

std::string place_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::ranges::count(before, '\n');
  const std::size_t line_start = lines == 0 ? 0 : before.rfind('\n') + 1;
  return cat("line ", lines + 1, ", column ", offset - line_start + 1, " (byte ", offset, ")");
}

}  // namespace

/// Makes a Json of Boost.JSON's events. Each open container is the last element of the one before
/// it, so pointers to open containers stay valid.
class JsonBuilder {
 public:
  using ErrorCode = boost::system::error_code;
  using Text = boost::json::string_view;
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);

  bool on_document_begin(ErrorCode&) { return true; }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_array_begin(ErrorCode& error) { return open(Json::Array{}, error); }
  bool on_object_begin(ErrorCode& error) { return open(Json::Object{}, error); }
  bool on_array_end(std::size_t, ErrorCode&) { return close(); }
  bool on_object_end(std::size_t, ErrorCode&) { return close(); }
  bool on_string_part(Text part, std::size_t, ErrorCode&) { return append(part); }
  bool on_string(Text part, std::size_t, ErrorCode& error) {
    append(part);
    return add(Json(valid_utf8(std::exchange(text_, {}))), error);
  }
  bool on_key_part(Text part, std::size_t, ErrorCode&) { return append(part); }
  bool on_key(Text part, std::size_t, ErrorCode& error) {
    append(part);
    key_ = valid_utf8(std::exchange(text_, {}));
    return count(error);
  }
  bool on_number_part(Text part, ErrorCode&) { return append(part); }
  bool on_int64(std::int64_t, Text part, ErrorCode& error) { return add_number(part, error); }
  bool on_uint64(std::uint64_t, Text part, ErrorCode& error) { return add_number(part, error); }
  bool on_double(double, Text part, ErrorCode& error) { return add_number(part, error); }
  bool on_bool(bool value, ErrorCode& error) { return add(Json(value), error); }
  bool on_null(ErrorCode& error) { return add(Json(), error); }
  bool on_comment_part(Text, ErrorCode&) { return true; }
  bool on_comment(Text, ErrorCode&) { return true; }

  /// `values` is how many were counted in other parts of the document, `longs` what
  /// mend_exponents() found in it.
  void begin_with(std::size_t values, const LongNumbers& longs) {
    values_ = values;
    longs_ = &longs;
  }

  Json take() { return std::move(root_); }
  std::size_t values() const { return values_; }
  bool has_too_many() const { return values_ > max_values; }

 private:
  bool append(Text part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool add_number(Text part, ErrorCode& error) {
    append(part);
    Json number;
    number.value_ = Json::Number{as_written(std::exchange(text_, {}))};
    return add(std::move(number), error);
  }
  /// The number in whose place mend_exponents() put this one.
  std::string as_written(std::string number) const {
    const std::string_view digits = exponent_of(number);
    if (longs_->empty() || digits.size() < long_exponent) return number;
    return longs_->at(static_cast<std::size_t>(parse_number(digits).value()));
  }
  bool add(Json value, ErrorCode& error) { return place(std::move(value), error) != nullptr; }
  bool open(Json container, ErrorCode& error) {
    Json* placed = place(std::move(container), error);
    if (placed != nullptr) open_.push_back(placed);
    return placed != nullptr;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool count(ErrorCode& error) {
    if (++values_ > max_values) error = boost::json::error::array_too_large;
    return values_ <= max_values;
  }
  Json* place(Json value, ErrorCode& error) {
    if (!count(error)) return nullptr;
    if (open_.empty()) return &(root_ = std::move(value));
    if (auto* array = std::get_if<Json::Array>(&open_.back()->value_)) {
      return &array->emplace_back(std::move(value));
    }
    auto& object = std::get<Json::Object>(open_.back()->value_);
    return &object.emplace_back(std::exchange(key_, {}), std::move(value)).second;
  }

  Json root_;
  std::vector<Json*> open_;
  std::string text_, key_;
  std::size_t values_ = 0;
  const LongNumbers* longs_ = nullptr;
};

namespace {

/// A part of a document, parsed on its own.
struct Part {
  Json json;
  std::size_t values;  ///< keys and values of the document so far
};

/// Why parsing stopped, and at which byte of the part.
struct Stop {
  std::size_t at;
  std::string why;  ///< to be read before "at line …"
  std::string detail{};
  bool is_long_exponent = false;  ///< which mend_exponents() mends
};

/// At most Json::max_depth deep, so the stack that Boost.JSON takes for each level is bounded.
std::expected<Part, Stop> parse_part(std::string_view text, std::size_t values,
                                     const LongNumbers& longs) {
  boost::json::parse_options options;
  options.max_depth = Json::max_depth;
  options.allow_invalid_utf8 = true;
  boost::json::basic_parser<JsonBuilder> parser(options);
  parser.handler().begin_with(values, longs);
  JsonBuilder::ErrorCode error;
  const std::size_t parsed = parser.write_some(false, text.data(), text.size(), error);
  const std::size_t at = std::min(parsed, text.size());
  if (parser.handler().has_too_many()) {
    return std::unexpected(Stop{at, cat("more than ", max_values, " JSON keys and values")});
  }
  if (error == boost::json::error::incomplete) {
    return std::unexpected(Stop{at, "unexpected end of JSON input"});
  }
  if (error == boost::json::error::too_deep) {
    return std::unexpected(Stop{at, cat("JSON deeper than ", Json::max_depth, " levels")});
  }
  const bool is_long = error == boost::json::error::exponent_overflow;
  if (error) return std::unexpected(Stop{at, "invalid JSON", error.message(), is_long});
  if (parsed < text.size()) {
    return std::unexpected(Stop{at, "invalid JSON", "data after the document"});
  }
  return Part{parser.handler().take(), parser.handler().values()};
}

/// Parses a document of up to 10 000 levels, which is Go's limit, in parts. Each container on a
/// level that is a multiple of Json::max_depth is parsed by itself, innermost first, and 0 is put
/// in its place. Offsets stay the same.
std::expected<Part, Stop> parse_in_parts(std::string text, const LongNumbers& longs) {
  std::size_t values = 0;
  std::vector<std::size_t> open;  // where the open containers begin
  for (std::size_t at = text.find_first_of("[]{}\""); at < text.size();
       at = text.find_first_of("[]{}\"", at)) {
    if (text[at] == '"') {
      at = past_string(text, at);
      continue;
    }
    if (text[at] == '[' || text[at] == '{') {
      if (open.size() == max_go_depth) {
        return std::unexpected(Stop{at, cat("JSON deeper than ", max_go_depth, " levels")});
      }
      open.push_back(at++);
      continue;
    }
    ++at;
    if (open.empty()) break;  // one end too many: parse_part() says it
    const std::size_t begin = open.back();
    open.pop_back();
    if (open.empty() || open.size() % Json::max_depth != 0) continue;
    auto part = parse_part(std::string_view(text).substr(begin, at - begin), values, longs);
    if (!part) {
      part.error().at += begin;
      return part;
    }
    values = part->values;
    text.replace(begin, at - begin, at - begin, ' ');
    text[begin] = '0';
  }
  if (open.size() > Json::max_depth) {
    return std::unexpected(Stop{text.size(), "unexpected end of JSON input"});
  }
  return parse_part(text, values, longs);
}

Parsed<Json> told(std::expected<Part, Stop> part, std::string_view text) {
  if (part) return std::move(part->json);
  const Stop& stop = part.error();
  return std::unexpected(
      cat(stop.why, " at ", place_of(text, stop.at), stop.detail.empty() ? "" : ": ", stop.detail));
}

bool has_surrogates(std::string_view text) { return text.find("\\u") != std::string_view::npos; }

}  // namespace

Parsed<Json> Json::parse(std::string_view text) {
  const std::string mended = has_surrogates(text) ? mend_surrogates(text) : "";
  const std::string_view whole = mended.empty() ? text : mended;
  LongNumbers longs;
  auto part = parse_part(whole, 0, longs);
  if (!part && part.error().is_long_exponent) {
    part = parse_part(mend_exponents(std::string(whole), longs), 0, longs);
  }
  return told(std::move(part), text);
}

Parsed<Json> Json::parse_as_go(std::string_view text) {
  const std::string mended = mend_surrogates(text);
  LongNumbers longs;
  auto part = parse_in_parts(mended, longs);
  if (!part && part.error().is_long_exponent) {
    part = parse_in_parts(mend_exponents(mended, longs), longs);
  }
  return told(std::move(part), text);
}

Json::Json(std::int64_t value) : value_(Number{cat(value)}) {}
Json::Json(std::uint64_t value) : value_(Number{cat(value)}) {}

std::string_view Json::kind_name() const {
  switch (kind()) {
    case Kind::null: return "null";
    case Kind::boolean: return "bool";
    case Kind::number: return "number";
    case Kind::string: return "string";
    case Kind::array: return "array";
    case Kind::object: return "object";
  }
  return "value";
}

std::optional<bool> Json::as_bool() const {
  const bool* value = std::get_if<bool>(&value_);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::int64_t> Json::as_int() const {
  const std::string_view text = number_text();
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view Json::number_text() const {
  const Number* number = std::get_if<Number>(&value_);
  return number == nullptr ? std::string_view{} : number->text;
}

const std::string* Json::as_string() const { return std::get_if<std::string>(&value_); }
const Json::Array* Json::as_array() const { return std::get_if<Array>(&value_); }
const Json::Object* Json::as_object() const { return std::get_if<Object>(&value_); }

const Json* Json::find(std::string_view name) const {
  const Object* object = as_object();
  if (object == nullptr) return nullptr;
  const auto last = std::find_if(object->rbegin(), object->rend(),
                                 [&](const Member& member) { return member.first == name; });
  return last == object->rend() ? nullptr : &last->second;
}

std::string Json::text_at(std::string_view name) const {
  const Json* member = find(name);
  const std::string* text = member == nullptr ? nullptr : member->as_string();
  return text == nullptr ? std::string{} : *text;
}

Json& Json::set(std::string name, Json value) {
  if (is_null()) value_ = Object{};
  std::get<Object>(value_).emplace_back(std::move(name), std::move(value));
  return *this;
}

Json& Json::push(Json element) {
  if (is_null()) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(element));
  return *this;
}

}  // namespace n2c::go
