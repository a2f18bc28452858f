#include "base/environment.h"

#include <cstdlib>

namespace n2c {

Environment process_environment() {
  return [](const char* variable) {
    const char* value = std::getenv(variable);
    return value == nullptr ? std::string() : std::string(value);
  };
}

bool is_in_missing_home(const std::filesystem::path& path, const Environment& environment) {
  const std::filesystem::path home = environment("HOME");
  std::error_code failed;
  return home.is_absolute() && (path.string() + "/").starts_with(home.string() + "/") &&
         !std::filesystem::exists(home, failed);
}

}  // namespace n2c
