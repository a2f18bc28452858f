#include "describe/path_size.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "base/folder_entries.h"
#include "base/system.h"
#include "base/tasks.h"

namespace n2c {

namespace {

constexpr std::uint64_t block = 512;

std::uint64_t entry_size(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return block;
  return block + (static_cast<std::uint64_t>(status.st_size) + block - 1) / block * block;
}

}  // namespace

std::optional<std::uint64_t> path_size(std::string_view path, const StoreView& store) {
  std::uint64_t size = 0;
  std::vector<std::filesystem::path> left{store.locate(path)};
  while (!left.empty()) {
    const std::filesystem::path entry = std::move(left.back());
    left.pop_back();
    struct stat status{};
    if (::lstat(entry.c_str(), &status) != 0) return std::nullopt;
    size += entry_size(status);
    if (!S_ISDIR(status.st_mode)) continue;
    std::error_code failed;
    for (auto& below : folder_entries(entry, failed)) left.push_back(std::move(below));
    if (failed) return std::nullopt;
  }
  return size;
}

std::vector<std::optional<std::uint64_t>> path_sizes(const std::vector<std::string>& paths,
                                                     const StoreView& store,
                                                     const std::stop_token& stop) {
  std::vector<std::optional<std::uint64_t>> sizes(paths.size());
  run_side_by_side(
      paths.size(), processor_count(), stop,
      [&](std::size_t i, const std::stop_token&) { sizes[i] = path_size(paths[i], store); });
  return sizes;
}

}  // namespace n2c
