#pragma once
/// Files that a command was told to write.

#include <string>
#include <string_view>

namespace n2c::cli {

/// Writes the file whole or not at all. What is no regular file (/dev/stdout, a symbolic link)
/// and what stands in a folder that takes no new file is written in its place, as upstream does.
/// Throws Error{local}.
void write_output(const std::string& file, std::string_view text);

}  // namespace n2c::cli
