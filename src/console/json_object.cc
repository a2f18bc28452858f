#include "console/json_object.h"

#include "base/terminal.h"

namespace n2c {

void print_object(std::string_view schema, const go::Json& members, JsonForm form) {
  go::Json object;
  object.set("schema", schema);
  for (const auto& [key, value] : *members.as_object()) object.set(key, value);
  terminal::print_json(form == JsonForm::indented ? object.indented() : object.compact());
}

}  // namespace n2c
