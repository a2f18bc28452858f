#pragma once
/// What is in a folder, and how it is removed with all of it. libstdc++'s directory_iterator and
/// remove_all end the process where they find no memory for a name, also where they are given an
/// error_code. All functions may be called by any thread.

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/error.h"

namespace n2c {

struct CloseFolder {
  void operator()(DIR* opened) const noexcept { ::closedir(opened); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

/// The next entry, with errno 0 at the end. "." and ".." are none.
inline const dirent* next_entry(const OpenFolder& folder) noexcept {
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(folder.get());
    if (entry == nullptr) return nullptr;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return entry;
  }
}

/// The paths of the entries in no order; what was read before a failure, which is told in `failed`.
inline std::vector<std::filesystem::path> folder_entries(const std::filesystem::path& folder,
                                                         std::error_code& failed) {
  std::vector<std::filesystem::path> entries;
  const OpenFolder opened(::opendir(folder.c_str()));
  if (opened) {
    while (const dirent* const entry = next_entry(opened))
      entries.push_back(folder / entry->d_name);
  }
  failed.assign(errno, std::generic_category());
  return entries;
}
/// The same. Throws Error{local} when it is no folder or cannot be read.
inline std::vector<std::filesystem::path> folder_entries(const std::filesystem::path& folder) {
  std::error_code failed;
  auto entries = folder_entries(folder, failed);
  if (failed) {
    errno = failed.value();
    throw_errno("read " + folder.string());
  }
  return entries;
}

/// Removes `name`, seen from the folder `in`, whatever it is: links are removed, not followed. What
/// cannot be removed stays. Returns whether nothing did.
inline bool remove_with_all(const char* name, int in = AT_FDCWD) noexcept {
  if (::unlinkat(in, name, 0) == 0 || errno == ENOENT) return true;
  const int opened = ::openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0) return false;
  const OpenFolder folder(::fdopendir(opened));
  if (!folder) {
    ::close(opened);
    return false;
  }
  while (const dirent* const entry = next_entry(folder)) remove_with_all(entry->d_name, opened);
  return ::unlinkat(in, name, AT_REMOVEDIR) == 0;
}

}  // namespace n2c
