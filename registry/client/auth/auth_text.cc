#include "registry/client/auth/auth_text.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"

namespace n2c::registry {

namespace {

using Place = std::size_t;
constexpr std::string_view spaces = " \t\r\n";

/// Where a member of an object stands: from its key's quote to the end of its value.
struct MemberText {
  Place key, colon, value, end;
};

/// Where an object stands: at its braces.
struct ObjectText {
  Place open, close;
  std::vector<MemberText> members;
};

Place skip_spaces(std::string_view text, Place at) {
  return std::min(text.find_first_not_of(spaces, at), text.size());
}

/// From a quote to after the one that closes it.
Place skip_string(std::string_view text, Place at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

Place skip_value(std::string_view text, Place at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
    } else if (depth == 0 && (c == ',' || c == '}' || c == ']' || spaces.contains(c))) {
      break;
    } else {
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at;
    }
    if (depth == 0 && (c == '"' || c == '}' || c == ']')) break;
  }
  return at;
}

ObjectText read_object(std::string_view text, Place open) {
  ObjectText object{.open = open, .close = 0, .members = {}};
  Place at = skip_spaces(text, open + 1);
  while (text.at(at) != '}') {
    MemberText member{.key = at, .colon = 0, .value = 0, .end = 0};
    member.colon = skip_spaces(text, skip_string(text, at));
    member.value = skip_spaces(text, member.colon + 1);
    member.end = skip_value(text, member.value);
    object.members.push_back(member);
    at = skip_spaces(text, member.end);
    if (text.at(at) == ',') at = skip_spaces(text, at + 1);
  }
  object.close = at;
  return object;
}

std::string key_of(std::string_view text, const MemberText& member) {
  const auto key = go::Json::parse(text.substr(member.key, member.colon - member.key));
  return key && key->as_string() != nullptr ? *key->as_string() : std::string();
}

std::optional<MemberText> find_auths(std::string_view text) {
  for (const MemberText& member : read_object(text, skip_spaces(text, 0)).members) {
    if (key_of(text, member) == "auths") return member;
  }
  return std::nullopt;
}

/// The white space before a place.
std::string_view spaces_before(std::string_view text, Place at) {
  const Place last = text.substr(0, at).find_last_not_of(spaces);
  const Place from = last == text.npos ? 0 : last + 1;
  return text.substr(from, at - from);
}

/// How the members of an object are laid out: the white space before each, and one step of
/// indentation.
struct Layout {
  std::string before;  ///< with a line end: each stands on a line of its own
  std::string step;
  std::string colon;

  bool is_broken() const { return before.contains('\n'); }
  Layout inside() const { return {is_broken() ? before + step : "", step, colon}; }
  std::string text_of(const go::Json& value) const {
    if (!is_broken()) return value.compact();
    std::string text;
    for (const char c : value.indented()) {  // by tabs
      text += c == '\n' ? before : c == '\t' ? step : std::string(1, c);
    }
    return text;
  }
};

/// The layout of the top object, from its first member.
Layout layout_of(std::string_view text, const ObjectText& top) {
  if (top.members.empty()) return {"\n\t", "\t", ": "};
  const MemberText& first = top.members.front();
  const std::string_view before = spaces_before(text, first.key);
  const Place line = before.rfind('\n');
  const bool is_spaced = first.value != first.colon + 1;
  return {std::string(before), std::string(line == before.npos ? "" : before.substr(line + 1)),
          is_spaced ? ": " : ":"};
}

/// Puts a member behind the others.
std::string with_member(std::string_view text, const ObjectText& object, const Layout& layout,
                        std::string_view member) {
  if (object.members.empty()) {
    const std::string before_close =
        layout.is_broken() ? layout.before.substr(0, layout.before.size() - layout.step.size())
                           : "";
    return cat(text.substr(0, object.open + 1), layout.before, member, before_close,
               text.substr(object.close));
  }
  const Place end = object.members.back().end;
  const bool is_spaced = object.members.size() > 1 || !layout.is_broken();
  const std::string_view before =
      object.members.size() > 1 ? spaces_before(text, object.members.back().key) : layout.before;
  const std::string_view gap =
      is_spaced && before.empty() && layout.colon.ends_with(' ') ? " " : before;
  return cat(text.substr(0, end), ",", gap, member, text.substr(end));
}

std::string without_member(std::string_view text, const ObjectText& object, std::size_t at) {
  const bool is_last = at + 1 == object.members.size();
  const MemberText& member = object.members[at];
  if (!is_last) return cat(text.substr(0, member.key), text.substr(object.members[at + 1].key));
  if (at != 0) return cat(text.substr(0, object.members[at - 1].end), text.substr(member.end));
  return cat(text.substr(0, object.open + 1), text.substr(object.close));
}

}  // namespace

std::string with_auth(std::string_view text, std::string_view key, const go::Json& entry) {
  if (trim(text).empty()) text = "{}\n";
  const ObjectText top = read_object(text, skip_spaces(text, 0));
  const Layout layout = layout_of(text, top);
  const Layout inner = layout.inside();
  const auto auths = find_auths(text);
  const std::string quoted = go::Json(key).compact();
  const std::string member = cat(quoted, layout.colon, inner.text_of(entry));
  if (auths && text[auths->value] == '{') {
    return with_member(text, read_object(text, auths->value), inner, member);
  }
  go::Json::Object one{{std::string(key), entry}};
  if (auths) {  // null
    return cat(text.substr(0, auths->value), layout.text_of(go::Json(std::move(one))),
               text.substr(auths->end));
  }
  return with_member(text, top, layout,
                     cat("\"auths\"", layout.colon, layout.text_of(go::Json(std::move(one)))));
}

std::string without_auths(std::string_view text,
                          const std::function<bool(std::string_view key)>& is_one) {
  std::string left(text);
  while (true) {
    const auto auths = find_auths(left);
    if (!auths || left[auths->value] != '{') return left;
    const ObjectText object = read_object(left, auths->value);
    const auto found = std::ranges::find_if(
        object.members, [&](const MemberText& member) { return is_one(key_of(left, member)); });
    if (found == object.members.end()) return left;
    left = without_member(left, object, static_cast<std::size_t>(found - object.members.begin()));
  }
}

}  // namespace n2c::registry
