#pragma once
/// What `n2c --version` prints.

#include <string>
#include <string_view>
#include <vector>

namespace n2c::cli {

/// A line each: the version; the commit, compiler and libraries that the program was made of; the
/// recipes (codec/codec.h), which decide what layers are compressed to.
std::vector<std::string> version_lines(std::string_view commit);

}  // namespace n2c::cli
