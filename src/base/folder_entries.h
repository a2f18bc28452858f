#pragma once
/// What is in a folder, by calls that throw nothing but std::bad_alloc.

#include <filesystem>
#include <system_error>
#include <vector>

namespace n2c {

/// The entries in no order; what was read before a failure, which is told in `failed`. A loop over
/// a directory_iterator throws from its increment, also where its constructor was given an
/// error_code.
inline std::vector<std::filesystem::directory_entry> folder_entries(
    const std::filesystem::path& folder, std::error_code& failed) {
  std::vector<std::filesystem::directory_entry> entries;
  std::filesystem::directory_iterator next(folder, failed);
  for (; !failed && next != std::filesystem::directory_iterator(); next.increment(failed)) {
    entries.push_back(*next);
  }
  return entries;
}

}  // namespace n2c
