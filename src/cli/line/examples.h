#pragma once
/// How each command is used, as lines to type.

#include <span>
#include <string_view>

namespace n2c::cli {

/// One to three of the command's; none where it has no arguments worth showing.
std::span<const std::string_view> examples_of(std::string_view command);

}  // namespace n2c::cli
