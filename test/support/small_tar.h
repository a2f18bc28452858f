#pragma once
/// Reads a tar of small regular files, as tests need it: no links, no long names.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace n2c::test {

struct TarFile {
  std::string path, bytes;
};

/// The files in their order. What is not such a tar ends the list.
inline std::vector<TarFile> read_small_tar(std::string_view tar) {
  std::vector<TarFile> files;
  while (tar.size() >= 512 && tar.front() != '\0') {
    const std::size_t size = std::stoul(std::string(tar.substr(124, 11)), nullptr, 8);
    if (tar.size() < 512 + size) break;
    const std::string path(tar.substr(0, 100).data(), tar.substr(0, 100).find('\0'));
    files.push_back({path, std::string(tar.substr(512, size))});
    tar.remove_prefix(std::min(tar.size(), 512 + (size + 511) / 512 * 512));
  }
  return files;
}

inline std::map<std::string, std::string> files_by_path(std::string_view tar) {
  std::map<std::string, std::string> files;
  for (const TarFile& file : read_small_tar(tar)) files[file.path] = file.bytes;
  return files;
}

}  // namespace n2c::test
