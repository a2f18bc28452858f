#pragma once
/// Paths as Go's path/filepath treats them: as text. The file system is never asked (docs/format.md
/// E2).

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace n2c::go {

/// The shortest path that means the same: no "//", no ".", no "x/..", no "/" at the end
/// but of the root itself. "" gives ".".
std::string clean(std::string_view path);

/// Joins the parts that are not empty by "/" and cleans the result. "" when all are empty.
std::string join(std::initializer_list<std::string_view> parts);

/// Joins a directory's path, which must be clean already, and the name of a file in it.
std::string join_clean(std::string_view folder, std::string_view file);

/// A clean path cut at each "/": "/" gives {""}, "/nix" gives {"", "nix"}, "a/b" {"a", "b"}.
std::vector<std::string_view> components(std::string_view clean_path);

}  // namespace n2c::go
