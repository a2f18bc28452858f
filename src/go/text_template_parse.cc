#include "go/text_template_parse.h"

#include "base/text.h"

namespace n2c::go {

namespace {

constexpr int max_depth = 32;
constexpr std::string_view spaces = " \t\r\n";

/// What is wrong with a template. It leaves the parser as a value.
struct WrongSyntax {
  std::string why;
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// Text, or what stands between {{ and }}.
struct Piece {
  bool is_action = false;
  std::string text;
};

/// Where an action ends that begins at `from`: not inside a string.
std::size_t end_of_action(std::string_view text, std::size_t from) {
  char quote = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == '\\' && quote == '"')
        ++i;
      else if (text[i] == quote)
        quote = 0;
    } else if (text[i] == '"' || text[i] == '`') {
      quote = text[i];
    } else if (text.substr(i).starts_with("}}")) {
      return i;
    }
  }
  throw WrongSyntax{"{{ without }}"};
}

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  bool trims = false;  // the text that comes, by the -}} before it
  while (true) {
    const std::size_t open = text.find("{{");
    std::string_view plain = text.substr(0, open);
    if (trims) plain.remove_prefix(std::min(plain.size(), plain.find_first_not_of(spaces)));
    std::string_view action;
    if (open != std::string_view::npos) {
      const std::size_t close = end_of_action(text, open + 2);
      action = text.substr(open + 2, close - open - 2);
      text.remove_prefix(close + 2);
    }
    if (action.starts_with("- ")) {
      action.remove_prefix(2);
      plain = plain.substr(0, plain.find_last_not_of(spaces) + 1);
    }
    trims = action.ends_with(" -");
    if (trims) action.remove_suffix(2);
    pieces.push_back({false, std::string(plain)});
    if (open == std::string_view::npos) return pieces;
    action = trim(action);
    if (!action.starts_with("/*")) pieces.push_back({true, std::string(action)});
  }
}

/// Reads one action.
class ActionParser {
 public:
  ActionParser(std::string_view text, int depth) : text_(text), depth_(depth) {
    if (depth > max_depth) throw WrongSyntax{"it is too deep"};
  }

  TemplatePipeline pipeline() {
    TemplatePipeline made{.variables = declared(), .commands = {command()}};
    while (takes("|")) made.commands.push_back(command());
    return made;
  }
  void expect_end() {
    if (!at_end()) throw WrongSyntax{cat("\"", printable(text_), "\" is not understood")};
  }
  bool at_end() {
    text_ = trim(text_);
    return text_.empty();
  }

 private:
  std::vector<std::string> declared() {
    const std::size_t assigned = text_.find(":=");
    if (!trim(text_).starts_with('$') || assigned == std::string_view::npos) return {};
    std::vector<std::string> names;
    for (const std::string_view name : split(text_.substr(0, assigned), ',')) {
      names.emplace_back(trim(name));
      if (!names.back().starts_with('$')) throw WrongSyntax{"before := stand variables"};
    }
    text_.remove_prefix(assigned + 2);
    if (names.size() > 2) throw WrongSyntax{"before := stand at most two variables"};
    return names;
  }

  std::vector<TemplateOperand> command() {
    std::vector<TemplateOperand> words;
    while (!at_end() && text_[0] != '|' && text_[0] != ')') words.push_back(operand());
    if (words.empty()) throw WrongSyntax{"an action is empty"};
    return words;
  }

  TemplateOperand operand() {
    TemplateOperand made;
    if (text_[0] == '"' || text_[0] == '`') {
      made = {.kind = TemplateOperand::Kind::literal, .literal = string_literal()};
    } else if (takes("(")) {
      ActionParser inner(text_, depth_ + 1);
      made = {.kind = TemplateOperand::Kind::group,
              .group = std::make_shared<TemplatePipeline>(inner.pipeline())};
      text_ = inner.text_;
      if (!takes(")")) throw WrongSyntax{"( without )"};
    } else if (text_[0] == '$') {
      text_.remove_prefix(1);
      made = {.kind = TemplateOperand::Kind::variable, .name = "$" + word()};
    } else if (text_[0] != '.') {
      made = named(word());
    }
    add_fields(made);
    return made;
  }

  TemplateOperand named(std::string name) {
    using Kind = TemplateOperand::Kind;
    if (name.empty()) throw WrongSyntax{cat("\"", printable(text_), "\" is not understood")};
    if (name == "true" || name == "false")
      return {.kind = Kind::literal, .literal = Json(name == "true")};
    if (name == "nil") return {.kind = Kind::literal};
    const bool is_number = name.find_first_not_of("-0123456789") == std::string::npos;
    if (!is_number) return {.kind = Kind::function, .name = std::move(name)};
    auto number = Json::parse(name);
    if (!number) throw WrongSyntax{cat("\"", name, "\" is not a number")};
    return {.kind = Kind::literal, .literal = *std::move(number)};
  }

  void add_fields(TemplateOperand& operand) {
    while (text_.starts_with('.')) {
      text_.remove_prefix(1);
      std::string field = word();
      if (field.empty()) return;  // "." alone
      operand.fields.push_back(std::move(field));
    }
  }

  std::string word() {
    std::size_t end = 0;
    while (end < text_.size() && is_word(text_[end])) ++end;
    std::string made(text_.substr(0, end));
    text_.remove_prefix(end);
    return made;
  }

  Json string_literal() {
    const char quote = text_[0];
    std::size_t end = 1;
    while (end < text_.size() && text_[end] != quote)
      end += text_[end] == '\\' && quote == '"' ? 2 : 1;
    if (end >= text_.size()) throw WrongSyntax{"a string has no end"};
    const std::string literal(text_.substr(0, end + 1));
    text_.remove_prefix(end + 1);
    if (quote == '`') return Json(literal.substr(1, literal.size() - 2));
    auto parsed = Json::parse(literal);  // Go's common escapes are JSON's
    if (!parsed) throw WrongSyntax{cat("\"", printable(literal), "\" is not a string")};
    return *std::move(parsed);
  }

  bool takes(std::string_view what) {
    text_ = trim(text_);
    if (!text_.starts_with(what)) return false;
    text_.remove_prefix(what.size());
    return true;
  }

  std::string_view text_;
  const int depth_;
};

/// Text as --format has it: a tab or a line end may be spelt out.
std::string with_spelt_out(std::string text) {
  for (const auto& [spelt, meant] : {std::pair{"\\n", "\n"}, {"\\t", "\t"}}) {
    for (std::size_t at = 0; (at = text.find(spelt, at)) != std::string::npos; ++at) {
      text.replace(at, 2, meant);
    }
  }
  return text;
}

class NodeParser {
 public:
  explicit NodeParser(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  std::vector<TemplateNode> all() {
    auto nodes = list(0);
    if (at_ < pieces_.size())
      throw WrongSyntax{cat("{{", printable(pieces_[at_].text), "}} is not due")};
    return nodes;
  }

 private:
  /// Up to an {{else}} or {{end}} that is not its own.
  std::vector<TemplateNode> list(int depth) {
    if (depth > max_depth) throw WrongSyntax{"it is too deep"};
    std::vector<TemplateNode> nodes;
    for (; at_ < pieces_.size(); ++at_) {
      const Piece& piece = pieces_[at_];
      if (!piece.is_action) {
        if (!piece.text.empty()) nodes.push_back({.text = with_spelt_out(piece.text)});
      } else if (first_word(piece) == "end" || first_word(piece) == "else") {
        break;
      } else {
        nodes.push_back(node(piece.text, depth));
      }
    }
    return nodes;
  }

  static std::string_view first_word(const Piece& piece) {
    return std::string_view(piece.text).substr(0, piece.text.find_first_of(spaces));
  }

  TemplateNode node(std::string_view action, int depth) {
    using Kind = TemplateNode::Kind;
    TemplateNode made{.kind = Kind::action};
    for (const auto& [word, kind] : {std::pair{std::string_view("if"), Kind::if_},
                                     {"range", Kind::range},
                                     {"with", Kind::with}}) {
      if (!action.starts_with(word) || action.size() == word.size() ||
          is_word(action[word.size()])) {
        continue;
      }
      made.kind = kind;
      action.remove_prefix(word.size());
      break;
    }
    ActionParser parser(action, depth);
    made.pipeline = parser.pipeline();
    parser.expect_end();
    if (made.kind == Kind::action) return made;
    ++at_;
    made.body = list(depth + 1);
    if (at_ < pieces_.size() && first_word(pieces_[at_]) == "else") made.otherwise = rest(depth);
    if (at_ >= pieces_.size()) throw WrongSyntax{"{{end}} is missing"};
    return made;
  }

  /// What {{else}} or {{else if …}} begins. Stands at the {{end}} then.
  std::vector<TemplateNode> rest(int depth) {
    const std::string condition(trim(std::string_view(pieces_[at_].text).substr(4)));
    if (!condition.empty()) {
      std::vector<TemplateNode> nodes;
      nodes.push_back(node(condition, depth + 1));
      return nodes;
    }
    ++at_;
    return list(depth + 1);
  }

  std::vector<Piece> pieces_;
  std::size_t at_ = 0;
};

}  // namespace

Parsed<std::vector<TemplateNode>> parse_template(std::string_view text) {
  try {
    return NodeParser(pieces_of(text)).all();
  } catch (const WrongSyntax& wrong) {
    return std::unexpected(wrong.why);
  }
}

}  // namespace n2c::go
