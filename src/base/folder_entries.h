#pragma once
/// What is in a folder, by calls that throw nothing but std::bad_alloc.

#include <dirent.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

namespace n2c {

/// The paths of the entries in no order; what was read before a failure, which is told in `failed`.
/// libstdc++'s directory_iterator ends the process where it finds no memory for a name, also where
/// it is given an error_code.
inline std::vector<std::filesystem::path> folder_entries(const std::filesystem::path& folder,
                                                         std::error_code& failed) {
  struct Close {
    void operator()(DIR* opened) const noexcept { ::closedir(opened); }
  };
  std::vector<std::filesystem::path> entries;
  const std::unique_ptr<DIR, Close> opened(::opendir(folder.c_str()));
  failed.clear();
  while (opened) {
    errno = 0;
    const dirent* const entry = ::readdir(opened.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back(folder / name);
  }
  if (errno != 0) failed.assign(errno, std::generic_category());
  return entries;
}

}  // namespace n2c
