#include "image/trusted_places.h"

#include <algorithm>
#include <system_error>

namespace n2c {

namespace {

namespace fs = std::filesystem;

/// "/nix/store/NAME". It is looked at and not followed where it is a link.
bool is_top_of_store(std::string_view path) {
  if (!path.starts_with(store_folder)) return false;
  path.remove_prefix(store_folder.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  return !path.empty() && path != "." && path != ".." && !path.contains('/');
}

}  // namespace

TrustedPlaces::TrustedPlaces(const StoreView& store, const fs::path& description) {
  add(store_folder);
  if (!store.root.empty()) add(store.locate(store_folder));
  std::error_code failed;
  const fs::path file = fs::canonical(description, failed);
  // Below "/" lies everything.
  if (!failed && file.parent_path() != file.root_path()) add(file.parent_path());
}

void TrustedPlaces::add(const fs::path& place) {
  std::error_code failed;
  const fs::path real = fs::canonical(place, failed);
  if (!failed) places_.push_back(real);
}

bool TrustedPlaces::hold(const fs::path& file) const {
  std::error_code failed;
  const fs::path real = fs::canonical(file, failed);
  if (failed) return false;
  return std::ranges::any_of(places_, [&](const fs::path& place) {
    return std::ranges::mismatch(place, real).in1 == place.end();
  });
}

bool TrustedPlaces::hold(const std::vector<StorePath>& paths) {
  return std::ranges::all_of(paths, is_top_of_store, &StorePath::path);
}

}  // namespace n2c
