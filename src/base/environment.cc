#include "base/environment.h"

#include <cstdlib>

namespace n2c {

Environment process_environment() {
  return [](const char* variable) {
    const char* value = std::getenv(variable);
    return value == nullptr ? std::string() : std::string(value);
  };
}

}  // namespace n2c
