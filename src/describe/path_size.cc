#include "describe/path_size.h"

#include <filesystem>

#include "base/system.h"
#include "base/tasks.h"

namespace n2c {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t block = 512;

std::uint64_t entry_size(const fs::directory_entry& entry) {
  if (entry.is_symlink() || !entry.is_regular_file()) return block;
  return block + (entry.file_size() + block - 1) / block * block;
}

}  // namespace

std::optional<std::uint64_t> path_size(std::string_view path, const StoreView& store) {
  try {
    const fs::directory_entry top(store.locate(path));
    if (!fs::exists(top.symlink_status())) return std::nullopt;
    std::uint64_t size = entry_size(top);
    if (!top.is_symlink() && top.is_directory()) {
      for (const auto& entry : fs::recursive_directory_iterator(top)) size += entry_size(entry);
    }
    return size;
  } catch (const fs::filesystem_error&) {
    return std::nullopt;
  }
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
