#pragma once
/// Regular expressions as Go's regexp has them (docs/format.md D), on RE2, whose headers stay in
/// regexp.cc.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace re2 {
class RE2;
}

namespace n2c::go {

class Regexp;

/// A replacement text whose "$1" and "${name}" are groups of one Regexp (docs/format.md D3.2).
class Template {
 public:
  Template(const Regexp& regexp, std::string_view text);

 private:
  friend class Regexp;
  void add_literal(std::string_view text);
  void add_groups(const Regexp& regexp, std::string_view name);
  std::size_t last_group() const;

  /// Numbers of groups, rising. The first of them that took part in a match is meant.
  using Groups = std::shared_ptr<const std::vector<std::size_t>>;
  std::vector<std::variant<std::string, Groups>> parts_;  // and literals
};

/// A compiled expression. Immutable; all threads may use it.
class Regexp {
 public:
  /// Compiles a pattern. The error says what is wrong with it.
  static Parsed<Regexp> compile(std::string_view pattern);
  ~Regexp();
  Regexp(Regexp&&) noexcept;
  Regexp& operator=(Regexp&&) noexcept;

  /// Whether it matches somewhere in the text (docs/format.md D2). Bytes that are not UTF-8 count
  /// as U+FFFD each.
  bool matches(std::string_view text) const;

  /// The text with every match replaced (docs/format.md D3.1). `replacement` was made for this
  /// Regexp.
  std::string replace_all(std::string_view text, const Template& replacement) const;

 private:
  friend class Template;
  explicit Regexp(std::unique_ptr<re2::RE2> compiled);
  std::unique_ptr<re2::RE2> compiled_;
  std::map<std::string, Template::Groups, std::less<>> groups_;  // by their names
};

}  // namespace n2c::go
