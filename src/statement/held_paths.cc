#include "statement/held_paths.h"

#include <map>

#include "base/text.h"
#include "image/image_json.h"
#include "statement/tar_entries.h"

namespace n2c {

namespace {

/// Of a file's name; no store path has a longer one.
constexpr std::size_t longest_name = 255;

/// "nix/store/HASH-NAME" of what is in it. "" for what is nowhere there.
std::string store_path_of(std::string_view name) {
  while (name.starts_with("./") || name.starts_with('/')) name = name.substr(name.find('/') + 1);
  const std::string_view folder = store_folder.substr(1);
  if (!name.starts_with(folder) || name.size() == folder.size()) return "";
  const std::string_view rest = name.substr(folder.size());
  const std::string_view own = rest.substr(0, rest.find('/'));
  return own.size() > longest_name ? "" : cat(store_folder, own);
}

}  // namespace

Error too_many_paths(std::string_view name) {
  return {ErrorKind::input, cat(name, ": more than ", most_held_paths, " store paths"),
          "no image has so many: is it from whom you think?"};
}

std::vector<SizedPath> held_paths(std::unique_ptr<Reader> plain, const std::string& name) {
  std::map<std::string, std::uint64_t> sizes;
  TarEntries entries(std::move(plain), name);
  while (const auto entry = entries.next()) {
    const std::string path = store_path_of(entry->name);
    if (path.empty()) continue;
    if (sizes.size() == most_held_paths && !sizes.contains(path)) throw too_many_paths(name);
    const auto data = static_cast<std::uint64_t>(entry->type == '0' ? entry->size : 0);
    sizes[path] += go::tar_block + data + go::tar_padding(data);
  }
  std::vector<SizedPath> paths;
  for (const auto& [path, size] : sizes) paths.push_back({path, size});
  return paths;
}

}  // namespace n2c
