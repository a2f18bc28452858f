/// Json as Go's encoder writes it (docs/format.md C1, C2).

#include <algorithm>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c::go {

namespace {

/// Appends what stands for one character inside a string (docs/format.md C2).
void append_escaped(std::string& to, std::string_view character) {
  static constexpr std::string_view hex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(character.front());
  if (character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9") {
    to += byte == 0xe2 && character.back() == '\xa8' ? "\\u2028" : "\\u2029";
    return;
  }
  switch (byte) {
    case '"': to += "\\\""; return;
    case '\\': to += "\\\\"; return;
    case '\n': to += "\\n"; return;
    case '\r': to += "\\r"; return;
    case '\t': to += "\\t"; return;
    case '\b': to += "\\b"; return;
    case '\f': to += "\\f"; return;
    default: break;
  }
  if (byte < 0x20 || byte == '<' || byte == '>' || byte == '&') {
    to += "\\u00";
    to += hex[byte >> 4];
    to += hex[byte & 15];
    return;
  }
  to += character;
}

void append_string(std::string& to, std::string_view text) {
  to += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      to += "\\ufffd";
    } else {
      append_escaped(to, text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  to += '"';
}

class JsonWriter {
 public:
  explicit JsonWriter(bool indented) : indented_(indented) {}

  std::string write(const Json& json) && {
    append(json);
    return std::move(text_);
  }

 private:
  void append(const Json& json) {
    switch (json.kind()) {
      case Json::Kind::null: text_ += "null"; return;
      case Json::Kind::boolean: text_ += *json.as_bool() ? "true" : "false"; return;
      case Json::Kind::number: text_ += json.number_text(); return;
      case Json::Kind::string: append_string(text_, *json.as_string()); return;
      case Json::Kind::array:
        append_all('[', *json.as_array(), ']', [&](const Json& element) { append(element); });
        return;
      case Json::Kind::object:
        append_all('{', *json.as_object(), '}', [&](const Json::Member& member) {
          append_string(text_, member.first);
          text_ += indented_ ? ": " : ":";
          append(member.second);
        });
        return;
    }
  }

  template <class List, class Append>
  void append_all(char open, const List& list, char close, const Append& append_one) {
    text_ += open;
    ++depth_;
    bool first = true;
    for (const auto& one : list) {
      if (!first) text_ += ',';
      first = false;
      break_line();
      append_one(one);
    }
    --depth_;
    if (!list.empty()) break_line();
    text_ += close;
  }

  void break_line() {
    if (!indented_) return;
    text_ += '\n';
    text_.append(depth_, '\t');
  }

  bool indented_;
  std::size_t depth_ = 0;
  std::string text_;
};

}  // namespace

std::string Json::compact() const { return JsonWriter(false).write(*this); }
std::string Json::indented() const { return JsonWriter(true).write(*this); }

}  // namespace n2c::go
