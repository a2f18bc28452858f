#include "go/text_template.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "base/text.h"
#include "go/text_template_parse.h"

namespace n2c::go {

namespace {

constexpr std::size_t max_output = 16 << 20;

struct WrongValue {
  std::string why;
};

/// "DiffIDs" and "diff_ids" are one name.
std::string folded_name(std::string_view name) {
  std::string made;
  for (const char c : name) {
    if (c != '_') made += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return made;
}

const Json* member(const Json& json, std::string_view name) {
  if (const Json* exact = json.find(name)) return exact;
  const Json::Object* object = json.as_object();
  if (object == nullptr) return nullptr;
  for (const auto& [key, value] : *object) {
    if (folded_name(key) == folded_name(name)) return &value;
  }
  return nullptr;
}

Json field_of(const Json& json, const std::string& name) {
  if (const Json* found = member(json, name)) return *found;
  const Json::Object* object = json.as_object();
  if (object == nullptr) {
    throw WrongValue{cat("no field .", name, " in a ", json.kind_name())};
  }
  std::string names;
  for (const auto& [key, value] : *object) names += cat(" .", printable(key, 60));
  throw WrongValue{cat("no field .", name, "; there are:", names)};
}

/// As Go's fmt prints with %v.
std::string shown(const Json& json) {
  if (const auto* text = json.as_string()) return *text;
  if (json.is_null()) return "<nil>";
  std::string made;
  if (const auto* list = json.as_array()) {
    for (const Json& one : *list) made += (made.empty() ? "" : " ") + shown(one);
    return "[" + made + "]";
  }
  if (const auto* object = json.as_object()) {
    std::map<std::string, const Json*> sorted;
    for (const auto& [key, value] : *object) sorted[key] = &value;
    for (const auto& [key, value] : sorted) {
      made += cat(made.empty() ? "" : " ", key, ":", shown(*value));
    }
    return "map[" + made + "]";
  }
  return json.compact();
}

bool is_true(const Json& json) {
  switch (json.kind()) {
    case Json::Kind::null: return false;
    case Json::Kind::boolean: return *json.as_bool();
    case Json::Kind::number: return json.number_text() != "0";
    case Json::Kind::string: return !json.as_string()->empty();
    case Json::Kind::array: return !json.as_array()->empty();
    case Json::Kind::object: return !json.as_object()->empty();
  }
  return false;
}

using Values = std::vector<Json>;

const std::string& text_at(const Values& values, std::size_t i) {
  const std::string* text = values.at(i).as_string();
  if (text == nullptr) throw WrongValue{cat("a text is due, and not a ", values[i].kind_name())};
  return *text;
}

std::string in_case(std::string text, bool upper) {
  for (char& c : text) {
    if (upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z') c ^= 0x20;
  }
  return text;
}

Json length(const Values& values) {
  std::uint64_t count = 0;
  if (const auto* text = values[0].as_string())
    count = text->size();
  else if (const auto* list = values[0].as_array())
    count = list->size();
  else if (const auto* object = values[0].as_object())
    count = object->size();
  else if (!values[0].is_null())
    throw WrongValue{cat("a ", values[0].kind_name(), " has no length")};
  return Json(count);
}

Json indexed(const Values& values) {
  Json found = values[0];
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (const auto* list = found.as_array()) {
      const auto at = values[i].as_int();
      if (!at || *at < 0 || static_cast<std::size_t>(*at) >= list->size()) {
        throw WrongValue{cat("index: no element ", shown(values[i]), " of ", list->size())};
      }
      found = Json((*list)[static_cast<std::size_t>(*at)]);
    } else {
      const Json* one = found.find(text_at(values, i));
      found = one == nullptr ? Json("") : Json(*one);  // a map of texts gives "" for what it lacks
    }
  }
  return found;
}

Json joined(const Values& values) {
  std::string made;
  const auto* list = values[0].as_array();
  if (list == nullptr && !values[0].is_null()) throw WrongValue{"join: a list is due"};
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    made += cat(i == 0 ? "" : text_at(values, 1), shown((*list)[i]));
  }
  return Json(made);
}

Json parts_of(const Values& values) {
  Json::Array parts;
  std::string_view text = text_at(values, 0);
  const std::string& between = text_at(values, 1);
  while (!between.empty() && text.find(between) != std::string_view::npos) {
    parts.emplace_back(text.substr(0, text.find(between)));
    text.remove_prefix(text.find(between) + between.size());
  }
  parts.emplace_back(text);
  return Json(std::move(parts));
}

Json replaced(const Values& values) {
  std::string text = text_at(values, 0);
  const std::string &from = text_at(values, 1), &to = text_at(values, 2);
  for (std::size_t at = 0; !from.empty() && (at = text.find(from, at)) != std::string::npos;) {
    text.replace(at, from.size(), to);
    at += to.size();
    if (text.size() > max_output) throw WrongValue{"it becomes too long"};
  }
  return Json(text);
}

Json printed(const Values& values, std::string_view end) {
  std::string made;
  for (const Json& value : values) made += (made.empty() || end.empty() ? "" : " ") + shown(value);
  return Json(made + std::string(end));
}

Json title(const Values& values) {
  std::string text = text_at(values, 0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 0 || text[i - 1] == ' ') text[i] = in_case(text.substr(i, 1), true)[0];
  }
  return Json(text);
}

Json either(const Values& values, bool stops_at) {
  const auto found =
      std::ranges::find_if(values, [&](const Json& v) { return is_true(v) == stops_at; });
  return found == values.end() ? values.back() : *found;
}

struct Function {
  std::size_t least;  ///< arguments
  std::function<Json(const Values&)> call;
};

const std::map<std::string, Function, std::less<>>& functions() {
  static const std::map<std::string, Function, std::less<>> all{
      {"and", {1, [](const Values& v) { return either(v, false); }}},
      {"or", {1, [](const Values& v) { return either(v, true); }}},
      {"not", {1, [](const Values& v) { return Json(!is_true(v[0])); }}},
      {"eq",
       {2,
        [](const Values& v) {
          return Json(std::any_of(v.begin() + 1, v.end(), [&](const Json& one) {
            return one.compact() == v[0].compact();
          }));
        }}},
      {"ne", {2, [](const Values& v) { return Json(v[0].compact() != v[1].compact()); }}},
      {"index", {1, indexed}},
      {"join", {2, joined}},
      {"json", {1, [](const Values& v) { return Json(v[0].compact()); }}},
      {"len", {1, length}},
      {"lower", {1, [](const Values& v) { return Json(in_case(text_at(v, 0), false)); }}},
      {"upper", {1, [](const Values& v) { return Json(in_case(text_at(v, 0), true)); }}},
      {"print", {0, [](const Values& v) { return printed(v, ""); }}},
      {"println", {0, [](const Values& v) { return printed(v, "\n"); }}},
      {"replace", {3, replaced}},
      {"split", {2, parts_of}},
      {"title", {1, title}},
      {"trim", {1, [](const Values& v) { return Json(trim(text_at(v, 0))); }}},
  };
  return all;
}

Json call(const std::string& name, const Values& values) {
  const auto found = functions().find(name);
  if (found == functions().end()) {
    std::string names;
    for (const auto& [known, function] : functions()) names += " " + known;
    throw WrongValue{cat("no function ", printable(name), "; there are:", names)};
  }
  if (values.size() < found->second.least) {
    throw WrongValue{cat(name, " takes ", found->second.least, " arguments")};
  }
  return found->second.call(values);
}

class Execution {
 public:
  explicit Execution(const Json& document) { variables_.emplace_back("$", document); }

  void run(const std::vector<TemplateNode>& nodes, const Json& dot) {
    const std::size_t outer = variables_.size();
    for (const TemplateNode& node : nodes) run(node, dot);
    variables_.resize(outer);
  }
  std::string take() { return std::move(out_); }

 private:
  void say(std::string_view text) {
    out_ += text;
    if (out_.size() > max_output) throw WrongValue{"what comes out is too long"};
  }

  void run(const TemplateNode& node, const Json& dot) {
    using Kind = TemplateNode::Kind;
    if (node.kind == Kind::text) return say(node.text);
    const Json value = evaluate(node.pipeline, dot);
    const auto& names = node.pipeline.variables;
    if (node.kind == Kind::range) return run_range(node, value, dot);
    const std::size_t outer = variables_.size();
    if (!names.empty()) variables_.emplace_back(names[0], value);
    if (node.kind == Kind::action) {
      if (names.empty()) say(shown(value));
      return;
    }
    if (is_true(value)) {
      run(node.body, node.kind == Kind::with ? value : dot);
    } else {
      run(node.otherwise, dot);
    }
    variables_.resize(outer);
  }

  void run_range(const TemplateNode& node, const Json& value, const Json& dot) {
    if (!is_true(value)) return run(node.otherwise, dot);
    if (const auto* list = value.as_array()) {
      for (std::size_t i = 0; i < list->size(); ++i) {
        run_once(node, Json(std::uint64_t{i}), (*list)[i]);
      }
    } else if (const auto* object = value.as_object()) {
      std::map<std::string, const Json*> sorted;
      for (const auto& [key, one] : *object) sorted[key] = &one;
      for (const auto& [key, one] : sorted) run_once(node, Json(key), *one);
    } else {
      throw WrongValue{cat("range: a ", value.kind_name(), " has no elements")};
    }
  }

  void run_once(const TemplateNode& node, const Json& key, const Json& value) {
    const auto& names = node.pipeline.variables;
    const std::size_t outer = variables_.size();
    if (names.size() == 2) variables_.emplace_back(names[0], key);
    if (!names.empty()) variables_.emplace_back(names.back(), value);
    run(node.body, value);
    variables_.resize(outer);
  }

  Json evaluate(const TemplatePipeline& pipeline, const Json& dot) {
    std::optional<Json> piped;
    for (const auto& command : pipeline.commands) {
      Values arguments;
      for (std::size_t i = 1; i < command.size(); ++i) {
        arguments.push_back(evaluate(command[i], dot));
      }
      if (piped) arguments.push_back(*std::move(piped));
      const bool is_call = command[0].kind == TemplateOperand::Kind::function;
      if (!is_call && !arguments.empty()) throw WrongValue{"only a function takes arguments"};
      piped = is_call ? with_fields(call(command[0].name, arguments), command[0])
                      : evaluate(command[0], dot);
    }
    return *std::move(piped);
  }

  Json evaluate(const TemplateOperand& operand, const Json& dot) {
    using Kind = TemplateOperand::Kind;
    switch (operand.kind) {
      case Kind::dot: return with_fields(dot, operand);
      case Kind::variable: return with_fields(variable(operand.name), operand);
      case Kind::literal: return operand.literal;
      case Kind::group: return with_fields(evaluate(*operand.group, dot), operand);
      case Kind::function: return with_fields(call(operand.name, {}), operand);
    }
    return {};
  }

  static Json with_fields(Json value, const TemplateOperand& operand) {
    for (const std::string& name : operand.fields) value = field_of(value, name);
    return value;
  }

  Json variable(const std::string& name) const {
    for (auto one = variables_.rbegin(); one != variables_.rend(); ++one) {
      if (one->first == name) return one->second;
    }
    throw WrongValue{cat("no variable ", printable(name))};
  }

  std::vector<std::pair<std::string, Json>> variables_;
  std::string out_;
};

}  // namespace

Parsed<std::string> execute_template(std::string_view text, const Json& document) {
  const auto nodes = parse_template(text);
  if (!nodes) return std::unexpected(nodes.error());
  try {
    Execution execution(document);
    execution.run(*nodes, document);
    return execution.take();
  } catch (const WrongValue& wrong) {
    return std::unexpected(wrong.why);
  }
}

}  // namespace n2c::go
