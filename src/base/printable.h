#pragma once
/// Text that is fit for one line of a terminal or a log, whoever wrote it.

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace n2c {

/// Makes text from outside fit for one line on a terminal. What is past `limit` bytes becomes "…".
/// These are escaped: control characters (C0, DEL and C1; "\n", "\x1b", "\u009b"); what changes the
/// direction or ends the line ("\u202e", "\u2028"); what cannot be seen ("\u200b": Unicode's
/// Default_Ignorable_Code_Point, without variation selectors); and bytes that are not UTF-8
/// ("\xff"). What is escaped already stays as it is.
std::string printable(std::string_view text, std::size_t limit = 200);

/// One line of such text. Escaping is the only way to make one. base/terminal.h, which is the only
/// way to a terminal, takes nothing else. Text longer than `longest` bytes loses its middle: an
/// error begins with what was being done and ends with what went wrong.
class Printable {
 public:
  static constexpr std::size_t longest = 8 << 10;

  Printable() = default;
  template <class Text>
    requires(std::convertible_to<const Text&, std::string_view> && !std::same_as<Text, Printable>)
  Printable(const Text& text) : Printable(std::string_view(text), Escaped{}) {}

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  operator std::string_view() const { return text_; }

 private:
  struct Escaped {};
  Printable(std::string_view text, Escaped);

  std::string text_;
};

/// The same JSON, but what printable() would escape in its strings is written as \uXXXX, which
/// means the same. Line ends and tabs between values stay.
std::string printable_json(std::string_view json);

}  // namespace n2c
