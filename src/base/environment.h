#pragma once
/// Environment variables, passed as a function so that a test can be the environment.

#include <functional>
#include <string>

namespace n2c {

/// Reads a variable; empty and unset are the same.
using Environment = std::function<std::string(const char* variable)>;

/// This process's own environment.
Environment process_environment();

}  // namespace n2c
