#include "go/regexp.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace n2c::go {

namespace {

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

/// A text as valid UTF-8. Each byte that is not part of a character becomes U+FFFD, which is how Go
/// sees it.
class Decoded {
 public:
  explicit Decoded(std::string_view text) : text_(text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = utf8_length(text.substr(at));
      if (length == 0) {
        replace_from(at);
        return;
      }
      at += length;
    }
  }

  std::string_view text() const { return origin_.empty() ? text_ : std::string_view(replaced_); }
  /// Turns a position in text() into one in the original text.
  std::size_t origin(std::size_t at) const { return origin_.empty() ? at : origin_[at]; }

 private:
  void replace_from(std::size_t at) {
    replaced_ = text_.substr(0, at);
    for (std::size_t i = 0; i <= at; ++i) origin_.push_back(i);
    while (at < text_.size()) {
      const std::size_t length = utf8_length(text_.substr(at));
      replaced_ += length == 0 ? replacement_character : text_.substr(at, length);
      at += std::max<std::size_t>(length, 1);
      origin_.resize(replaced_.size(), at);  // positions within a character are never asked for
      origin_.push_back(at);
    }
  }

  std::string_view text_;
  std::string replaced_;
  std::vector<std::size_t> origin_;
};

bool is_word_letter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Rewrites what Go accepts and RE2 does not. Refuses what RE2 accepts and Go does not
/// (docs/format.md D4.1).
class PatternTranslation {
 public:
  explicit PatternTranslation(std::string_view pattern) : rest_(pattern) {}

  /// The pattern for RE2.
  Parsed<std::string> run() {
    while (!rest_.empty() && wrong_.empty()) step();
    if (!wrong_.empty()) return std::unexpected(wrong_);
    return translated_;
  }
  /// The names of the groups that have one, in the order of their numbers.
  const std::vector<std::string>& names() const { return names_; }

 private:
  void take(std::size_t count) {
    count = std::min(count, rest_.size());
    translated_ += rest_.substr(0, count);
    rest_.remove_prefix(count);
  }

  void step() {
    if (rest_.starts_with("\\Q")) {
      const std::size_t end = rest_.find("\\E");
      take(end == rest_.npos ? rest_.size() : end + 2);
    } else if (rest_.starts_with("\\C")) {
      wrong_ = "invalid escape sequence: \\C";
    } else if (rest_.starts_with('\\')) {
      take(2);
    } else if (rest_.starts_with('[')) {
      character_class();
    } else if (rest_.starts_with("(?P<") || rest_.starts_with("(?<")) {
      group_name();
    } else {
      take(1);
    }
  }

  void character_class() {
    take(rest_.starts_with("[^") ? 2 : 1);
    if (rest_.starts_with(']')) take(1);  // the first is a literal one
    while (!rest_.empty() && !rest_.starts_with(']')) {
      if (rest_.starts_with('\\')) {
        take(2);
      } else if (const std::size_t end = rest_.find(":]");
                 rest_.starts_with("[:") && end != rest_.npos) {
        take(end + 2);
      } else {
        take(1);
      }
    }
    take(1);
  }

  /// Go lets groups have the same name, RE2 does not: here each has one of its own.
  void group_name() {
    const std::size_t begin = rest_.find('<') + 1;
    const std::size_t end = rest_.find('>', begin);
    const std::string_view name = rest_.substr(begin, end - begin);
    const bool is_word = std::ranges::all_of(name, [](char c) { return is_word_letter(c); });
    if (end == rest_.npos || name.empty() || !is_word) {
      wrong_ = cat("invalid named capture: ", rest_.substr(0, end));
      return;
    }
    translated_ += cat("(?P<g", std::to_string(names_.size()), '>');
    names_.emplace_back(name);
    rest_.remove_prefix(end + 1);
  }

  std::string_view rest_;
  std::vector<std::string> names_;
  std::string translated_;
  std::string wrong_;
};

/// How long a run of letters, digits and '_' `text` begins with.
std::size_t name_length(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, [](char c) { return is_word_letter(c); });
  if (end == text.end() || static_cast<unsigned char>(*end) < 0x80) {
    return static_cast<std::size_t>(end - text.begin());
  }
  const re2::RE2 word("[\\pL\\p{Nd}_]*");
  re2::StringPiece run;
  const bool found = word.Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_START, &run, 1);
  return found ? run.size() : 0;
}

struct Name {
  std::string_view name;
  std::size_t length = 0;  ///< with its braces
};

/// The group's name after a '$', or nothing when the '$' is a literal one.
std::optional<Name> group_name(std::string_view after) {
  const bool braced = after.starts_with('{');
  const std::string_view from = after.substr(braced ? 1 : 0);
  const std::size_t length = name_length(from);
  if (length == 0) return {};
  if (!braced) return Name{from.substr(0, length), length};
  if (!from.substr(length).starts_with('}')) return {};
  return Name{from.substr(0, length), length + 2};
}

/// The matches in a text one after another, as Go finds them (docs/format.md D3.1). Positions are
/// those of the original text.
class Matches {
 public:
  /// Finds groups up to `last_group`, and no more: what RE2 keeps of a text grows with each.
  Matches(const re2::RE2& regexp, std::string_view text, std::size_t last_group = 0)
      : regexp_(regexp), given_(text), decoded_(text), groups_(last_group + 1) {}

  bool next() {
    const std::string_view text = decoded_.text();
    while (at_ <= text.size() && search()) {
      const std::size_t begin = place(groups_[0]);
      const std::size_t end = begin + groups_[0].size();
      const std::size_t step = std::max<std::size_t>(utf8_length(text.substr(at_)), 1);
      at_ = std::max(end, at_ + step);
      const bool counts = end > last_end_ || begin == 0;  // not empty right after the last one
      last_end_ = end;
      if (counts) return true;
    }
    return false;
  }

  std::size_t begin() const { return decoded_.origin(place(groups_[0])); }
  std::size_t end() const { return decoded_.origin(last_end_); }
  /// What the first of these groups that took part in the match matched.
  std::string_view first_of(const std::vector<std::size_t>& numbers) const {
    for (const std::size_t number : numbers) {
      const re2::StringPiece& found = groups_[number];
      if (found.data() == nullptr) continue;
      const std::size_t from = decoded_.origin(place(found));
      return given_.substr(from, decoded_.origin(place(found) + found.size()) - from);
    }
    return {};
  }

 private:
  /// The first match from at_ on. RE2 finds \B within a character too, Go does not.
  bool search() {
    const std::string_view text = decoded_.text();
    const auto count = static_cast<int>(groups_.size());
    for (std::size_t from = at_; from <= text.size(); from = place(groups_[0]) + 1) {
      if (!regexp_.Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, groups_.data(),
                         count)) {
        return false;
      }
      const std::string_view found = text.substr(place(groups_[0]));
      if (found.empty() || (static_cast<unsigned char>(found[0]) & 0xc0) != 0x80) return true;
    }
    return false;
  }

  std::size_t place(const re2::StringPiece& found) const {
    return static_cast<std::size_t>(found.data() - decoded_.text().data());
  }

  const re2::RE2& regexp_;
  std::string_view given_;
  Decoded decoded_;
  std::vector<re2::StringPiece> groups_;
  std::size_t at_ = 0;
  std::size_t last_end_ = 0;
};

}  // namespace

Template::Template(const Regexp& regexp, std::string_view text) {
  while (const auto both = cut(text, '$')) {
    add_literal(both->first);
    text = both->second;
    if (text.starts_with('$')) {
      add_literal("$");
      text.remove_prefix(1);
    } else if (const auto group = group_name(text)) {
      add_groups(regexp, group->name);
      text.remove_prefix(group->length);
    } else {
      add_literal("$");
    }
  }
  add_literal(text);
}

void Template::add_literal(std::string_view text) {
  if (!text.empty()) parts_.emplace_back(std::string(text));
}

void Template::add_groups(const Regexp& regexp, std::string_view name) {
  const bool digits = name.find_first_not_of("0123456789") == name.npos;
  const bool is_number = digits && (name.size() == 1 || name.front() != '0');
  const auto named = regexp.groups_.find(name);
  if (is_number) {
    const std::optional<std::uint64_t> number = parse_number(name);
    const auto last = static_cast<std::uint64_t>(regexp.compiled_->NumberOfCapturingGroups());
    if (!number || *number > last) return;
    parts_.emplace_back(std::make_shared<const std::vector<std::size_t>>(1, *number));
  } else if (named != regexp.groups_.end()) {
    parts_.emplace_back(named->second);
  }
}

std::size_t Template::last_group() const {
  std::size_t last = 0;
  for (const auto& part : parts_) {
    if (const auto* groups = std::get_if<Groups>(&part)) last = std::max(last, (*groups)->back());
  }
  return last;
}

Regexp::Regexp(std::unique_ptr<re2::RE2> compiled) : compiled_(std::move(compiled)) {}
Regexp::~Regexp() = default;
Regexp::Regexp(Regexp&&) noexcept = default;
Regexp& Regexp::operator=(Regexp&&) noexcept = default;

Parsed<Regexp> Regexp::compile(std::string_view pattern) {
  PatternTranslation translation(pattern);
  const Parsed<std::string> translated = translation.run();
  if (!translated) return std::unexpected(translated.error());
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(64 << 20);  // Go has no such limit
  auto compiled = std::make_unique<re2::RE2>(*translated, options);
  if (!compiled->ok()) return std::unexpected(compiled->error());
  Regexp regexp(std::move(compiled));
  std::map<std::string_view, std::vector<std::size_t>> groups;
  for (const auto& [number, translated_name] : regexp.compiled_->CapturingGroupNames()) {
    const std::size_t at = *parse_number(std::string_view(translated_name).substr(1));
    groups[translation.names()[at]].push_back(static_cast<std::size_t>(number));
  }
  for (auto& [known, numbers] : groups) {
    regexp.groups_.emplace(known, std::make_shared<const std::vector<std::size_t>>(numbers));
  }
  return regexp;
}

bool Regexp::matches(std::string_view text) const {
  const bool ascii =
      std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) return Matches(*compiled_, text).next();
  return compiled_->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

std::string Regexp::replace_all(std::string_view text, const Template& replacement) const {
  Matches matches(*compiled_, text, replacement.last_group());
  std::string replaced;
  std::size_t last_end = 0;
  while (matches.next()) {
    replaced += text.substr(last_end, matches.begin() - last_end);
    for (const auto& part : replacement.parts_) {
      const auto* literal = std::get_if<std::string>(&part);
      replaced +=
          literal != nullptr ? *literal : matches.first_of(*std::get<Template::Groups>(part));
    }
    last_end = matches.end();
  }
  return replaced += text.substr(last_end);
}

}  // namespace n2c::go
