#pragma once
/// What a command prints for programs with --json: one object whose schema has a name and a version
/// (docs/results.md; docs/schemas has a JSON Schema for each).

#include <string_view>

#include "go/encoding_json.h"

namespace n2c {

enum class JsonForm { one_line, indented };

/// Prints `members`, an object, on standard output, with "schema" before them: "n2c.result/1".
void print_object(std::string_view schema, const go::Json& members,
                  JsonForm form = JsonForm::one_line);

}  // namespace n2c
