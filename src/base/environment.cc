#include "base/environment.h"

#include <algorithm>
#include <cstdlib>

#include "base/system.h"

namespace n2c {

Environment process_environment() {
  return [](const char* variable) {
    const char* value = std::getenv(variable);
    return value == nullptr ? std::string() : std::string(value);
  };
}

std::vector<std::string> variables_beginning(std::string_view prefix) {
  std::vector<std::string> names;
  for (char** line = environment_block(); *line != nullptr; ++line) {
    const std::string_view whole = *line;
    const std::size_t name_end = whole.find('=');
    const bool has_value = name_end != whole.npos && name_end + 1 != whole.size();
    if (whole.starts_with(prefix) && has_value) names.emplace_back(whole.substr(0, name_end));
  }
  std::ranges::sort(names);
  return names;
}

bool is_in_missing_home(const std::filesystem::path& path, const Environment& environment) {
  const std::filesystem::path home = environment("HOME");
  std::error_code failed;
  return home.is_absolute() && (path.string() + "/").starts_with(home.string() + "/") &&
         !std::filesystem::exists(home, failed);
}

}  // namespace n2c
