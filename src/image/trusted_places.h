#pragma once
/// Which files a description may name without a check before their first byte.

#include <filesystem>
#include <vector>

#include "image/image_json.h"

namespace n2c {

/// A description may come from a stranger, and n2c may run as root. So a layer's bytes are given
/// unchecked from two places only: the Nix store, where nothing is secret, and the folder of the
/// description, which came with it. What lies elsewhere is read whole and checked first. Immutable;
/// all threads may use it.
class TrustedPlaces {
 public:
  /// `description`: the file that names the others; a pipe has no folder.
  TrustedPlaces(const StoreView& store, const std::filesystem::path& description);

  /// Whether the file, links followed, lies below one of these places.
  bool hold(const std::filesystem::path& file) const;
  /// Whether all of them are paths of the store itself, and none lies below such a path or outside.
  static bool hold(const std::vector<StorePath>& paths);

 private:
  void add(const std::filesystem::path& place);

  std::vector<std::filesystem::path> places_;  // canonical
};

}  // namespace n2c
