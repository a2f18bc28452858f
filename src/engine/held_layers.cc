#include "engine/held_layers.h"

#include <algorithm>
#include <iterator>

#include "oci/reference.h"

namespace n2c {

std::size_t held_by_chain(const LayerChain& wanted, std::span<const LayerChain> held) {
  std::size_t longest = 0;
  for (const LayerChain& chain : held) {
    const auto [end, ignored] = std::ranges::mismatch(wanted, chain);
    longest = std::max(longest, static_cast<std::size_t>(end - wanted.begin()));
  }
  return longest;
}

std::set<oci::Digest> omitted_from_chain(const LayerChain& wanted, std::size_t count) {
  const auto above = wanted.begin() + static_cast<std::ptrdiff_t>(count);
  std::set<oci::Digest> omitted(wanted.begin(), above);
  for (auto layer = above; layer != wanted.end(); ++layer) omitted.erase(*layer);
  return omitted;
}

std::set<oci::Digest> held_anywhere(const LayerChain& wanted, std::span<const LayerChain> held) {
  const std::set<oci::Digest> asked(wanted.begin(), wanted.end());
  std::set<oci::Digest> found;
  for (const LayerChain& chain : held) {
    std::ranges::copy_if(chain, std::inserter(found, found.end()),
                         [&](const oci::Digest& layer) { return asked.contains(layer); });
  }
  return found;
}

std::vector<std::string> likely_relatives(std::span<const ListedImage> images,
                                          std::span<const std::string> names, std::size_t limit) {
  std::set<oci::Repository> repositories;
  for (const std::string& text : names) {
    if (const auto name = oci::Reference::parse(text)) repositories.insert(name->repository);
  }
  const auto related = [&](const ListedImage& image) {
    return std::ranges::any_of(image.tags, [&](const std::string& tag) {
      const auto name = oci::Reference::parse(tag);
      return name && repositories.contains(name->repository);
    });
  };
  std::vector<std::string> first, rest;
  for (const ListedImage& image : images) (related(image) ? first : rest).push_back(image.id);
  first.insert(first.end(), rest.begin(), rest.end());
  first.resize(std::min(first.size(), limit));
  return first;
}

}  // namespace n2c
