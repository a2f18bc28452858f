#pragma once
/// Files under fixtures/.

#include <filesystem>
#include <string>
#include <string_view>

namespace n2c::test {

/// A file or folder of the checkout's fixtures/.
std::filesystem::path fixture_path(std::string_view path);

/// The bytes of a file there.
std::string fixture(std::string_view path);

}  // namespace n2c::test
