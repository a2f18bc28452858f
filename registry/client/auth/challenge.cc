#include "registry/client/auth/challenge.h"

#include "base/text.h"

namespace n2c::registry {

namespace {

bool is_token_character(char c) {
  const bool alphanumeric =
      (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || std::string_view("!#$%&'*+-.^_`|~/:").find(c) != std::string_view::npos;
}

/// Takes a header line apart from the left.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool at(char c) const { return !text_.empty() && text_.front() == c; }
  void skip_spaces() {
    while (at(' ') || at('\t')) text_.remove_prefix(1);
  }
  void skip_separators() {
    while (at(' ') || at('\t') || at(',')) text_.remove_prefix(1);
  }
  bool take(char c) {
    if (!at(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::string take_token() {
    std::size_t length = 0;
    while (length < text_.size() && is_token_character(text_[length])) ++length;
    return take_bytes(length);
  }
  /// A quoted string's inside, or what comes before the next separator.
  Parsed<std::string> take_value() {
    if (!take('"')) return take_bytes(std::min(text_.find_first_of(", \t"), text_.size()));
    std::string value;
    while (!take('"')) {
      take('\\');
      if (at_end()) return std::unexpected("a quoted string does not end");
      value += take_bytes(1);
    }
    return value;
  }

 private:
  std::string take_bytes(std::size_t count) {
    std::string taken(text_.substr(0, count));
    text_.remove_prefix(count);
    return taken;
  }
  std::string_view text_;
};

}  // namespace

std::string Challenge::at(const std::string& parameter) const {
  const auto found = parameters.find(parameter);
  return found == parameters.end() ? std::string() : found->second;
}

bool is_answerable(const Challenge& challenge) {
  return challenge.scheme == "basic" ||
         (challenge.scheme == "bearer" && !challenge.at("realm").empty());
}

Parsed<std::vector<Challenge>> parse_challenges(std::string_view header) {
  std::vector<Challenge> challenges;
  Cursor cursor(header);
  for (cursor.skip_separators(); !cursor.at_end(); cursor.skip_separators()) {
    const std::string word = cursor.take_token();
    if (word.empty()) return std::unexpected("not a challenge: " + printable(header));
    cursor.skip_spaces();
    if (!cursor.take('=')) {
      challenges.push_back({.scheme = lower_ascii(word), .parameters = {}});
      continue;
    }
    if (challenges.empty()) return std::unexpected("a parameter before any scheme");
    cursor.skip_spaces();
    Parsed<std::string> value = cursor.take_value();
    if (!value) return std::unexpected(value.error());
    challenges.back().parameters.insert_or_assign(lower_ascii(word), *std::move(value));
  }
  return challenges;
}

}  // namespace n2c::registry
