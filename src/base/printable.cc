#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"

namespace n2c {

namespace {

struct Range {
  char32_t first, last;
};

/// Controls, separators of lines and paragraphs, and Default_Ignorable_Code_Point (Unicode 15.1,
/// DerivedCoreProperties) without variation selectors; in order.
constexpr std::array unprintables = {
    Range{0x00, 0x1f},       Range{0x7f, 0x9f},       Range{0xad, 0xad},
    Range{0x34f, 0x34f},     Range{0x61c, 0x61c},     Range{0x115f, 0x1160},
    Range{0x17b4, 0x17b5},   Range{0x180b, 0x180f},   Range{0x200b, 0x200f},
    Range{0x2028, 0x202e},   Range{0x2060, 0x206f},   Range{0x3164, 0x3164},
    Range{0xfeff, 0xfeff},   Range{0xffa0, 0xffa0},   Range{0xfff0, 0xfffb},
    Range{0x1bca0, 0x1bca3}, Range{0x1d173, 0x1d17a}, Range{0xe0000, 0xe0fff},
};

bool is_unprintable(char32_t c) {
  const auto range = std::ranges::lower_bound(unprintables, c, {}, &Range::last);
  return range != unprintables.end() && range->first <= c;
}

bool is_plain_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// The code point of a whole UTF-8 character.
char32_t decode(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return lead;
  char32_t code = lead & (0x7fU >> character.size());
  for (const char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3f);
  return code;
}

/// The character at the start of a text. A byte that is no character has the code 0xfffd.
struct Character {
  std::string_view bytes;
  char32_t code = 0xfffd;
  bool is_valid = false;
};

Character first_of(std::string_view text) {
  const std::size_t length = utf8_length(text);
  if (length == 0) return {.bytes = text.substr(0, 1)};
  const std::string_view bytes = text.substr(0, length);
  return {.bytes = bytes, .code = decode(bytes), .is_valid = true};
}

void append_escaped(std::string& to, const Character& character) {
  const auto out = std::back_inserter(to);
  switch (character.code) {
    case '\n': to += "\\n"; return;
    case '\r': to += "\\r"; return;
    case '\t': to += "\\t"; return;
    default: break;
  }
  if (character.bytes.size() == 1) {
    fmt::format_to(out, "\\x{:02x}", static_cast<unsigned char>(character.bytes.front()));
  } else if (character.code < 0x10000) {
    fmt::format_to(out, "\\u{:04x}", static_cast<unsigned>(character.code));
  } else {
    fmt::format_to(out, "\\U{:08x}", static_cast<unsigned>(character.code));
  }
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

void cut_middle(std::string& text, std::size_t longest) {
  std::size_t head = longest / 2;
  std::size_t tail = text.size() - longest / 2;
  while (head > 0 && continues_character(text[head])) --head;
  while (tail < text.size() && continues_character(text[tail])) ++tail;
  text.replace(head, tail - head, "…");
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  if (text.size() <= limit && is_plain_ascii(text)) return std::string(text);
  std::string shown;
  while (!text.empty()) {
    if (shown.size() >= limit) return shown + "…";
    const Character next = first_of(text);
    if (next.is_valid && !is_unprintable(next.code)) {
      shown += next.bytes;
    } else {
      append_escaped(shown, next);
    }
    text.remove_prefix(next.bytes.size());
  }
  return shown;
}

Printable::Printable(std::string_view text, Escaped)
    : text_(printable(text, std::string_view::npos)) {
  if (text_.size() > longest) cut_middle(text_, longest);
}

std::string printable_json(std::string_view json) {
  if (is_plain_ascii(json)) return std::string(json);
  std::string shown;
  const auto out = std::back_inserter(shown);
  while (!json.empty()) {
    const Character next = first_of(json);
    const bool lays_out = next.code == '\n' || next.code == '\t';
    if (lays_out || (next.is_valid && !is_unprintable(next.code))) {
      shown += next.bytes;
    } else if (next.code < 0x10000) {
      fmt::format_to(out, "\\u{:04x}", static_cast<unsigned>(next.code));
    } else {
      const auto above = static_cast<unsigned>(next.code) - 0x10000;
      fmt::format_to(out, "\\u{:04x}\\u{:04x}", 0xd800 + (above >> 10), 0xdc00 + (above & 0x3ff));
    }
    json.remove_prefix(next.bytes.size());
  }
  return shown;
}

}  // namespace n2c
