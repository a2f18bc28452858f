#pragma once
/// Environment variables, passed as a function so that a test can be the environment.

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace n2c {

/// Reads a variable; empty and unset are the same.
using Environment = std::function<std::string(const char* variable)>;

/// This process's own environment.
Environment process_environment();

/// The names of this process's variables that begin so and have a value, in order.
std::vector<std::string> variables_beginning(std::string_view prefix);

/// Whether `path` lies in the folder that HOME names while that is not there, as in a Nix build
/// (/homeless-shelter). Nobody's home is made.
bool is_in_missing_home(const std::filesystem::path& path, const Environment& environment);

}  // namespace n2c
