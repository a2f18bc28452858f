#pragma once
/// A template of text/template, parsed.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "go/encoding_json.h"

namespace n2c::go {

struct TemplatePipeline;

/// A value, or what leads to one, and the fields of it that are meant: ("…").Field, $x.Field.
struct TemplateOperand {
  enum class Kind { dot, variable, literal, function, group };
  Kind kind = Kind::dot;
  std::string name{};  ///< of a variable ("$", "$x") or a function
  Json literal{};
  std::shared_ptr<TemplatePipeline> group{};
  std::vector<std::string> fields{};
};

/// Commands, each given the value of the one before as its last argument. `variables` get the value
/// at the end: two of a range get key and value.
struct TemplatePipeline {
  std::vector<std::string> variables{};
  std::vector<std::vector<TemplateOperand>> commands{};
};

struct TemplateNode {
  enum class Kind { text, action, if_, range, with };
  Kind kind = Kind::text;
  std::string text{};
  TemplatePipeline pipeline{};
  std::vector<TemplateNode> body{}, otherwise{};
};

/// The error says what cannot be understood. At most 32 deep.
Parsed<std::vector<TemplateNode>> parse_template(std::string_view text);

}  // namespace n2c::go
