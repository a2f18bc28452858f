#pragma once
/// Files under fixtures/.

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"

namespace n2c::test {

inline std::filesystem::path fixture_path(std::string_view path) {
  return std::filesystem::path(N2C_FIXTURES) / path;
}

inline std::string fixture(std::string_view path) {
  return read_file(fixture_path(path), 64 << 20);
}

}  // namespace n2c::test
