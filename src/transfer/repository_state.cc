#include "transfer/repository_state.h"

#include <algorithm>

namespace n2c {

bool RepositoryState::has(const oci::Digest& manifest) const {
  return manifests.contains(manifest) ||
         std::ranges::any_of(tags, [&](const auto& now) { return now.second == manifest; });
}

std::vector<std::string> RepositoryState::tags_to_write(std::span<const std::string> wanted,
                                                        const oci::Digest& manifest) const {
  std::vector<std::string> lacking;
  for (const std::string& tag : wanted) {
    const auto now = tags.find(tag);
    if (now == tags.end() || now->second != manifest) lacking.push_back(tag);
  }
  return lacking;
}

}  // namespace n2c
