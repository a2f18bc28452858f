#include "test/support/fixtures.h"

#include "base/file.h"

namespace n2c::test {

std::filesystem::path fixture_path(std::string_view path) {
  return std::filesystem::path(N2C_FIXTURES) / path;
}

std::string fixture(std::string_view path) { return read_file(fixture_path(path), 64 << 20); }

}  // namespace n2c::test
