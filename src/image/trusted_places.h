#pragma once
/// Which files a description may name without proof.

#include <filesystem>
#include <string_view>
#include <vector>

#include "image/image_json.h"

namespace n2c {

/// A description may come from a stranger, and n2c may run as root: a layer's bytes are given
/// unseen only from where nothing is secret, the Nix store, and from what came with the
/// description, the folder it lies in. What lies elsewhere is checked whole first.
/// Immutable; all threads may use it.
class TrustedPlaces {
 public:
  /// `description`: the file that names the others; a pipe has no folder.
  TrustedPlaces(const StoreView& store, const std::filesystem::path& description);

  /// Whether the file, links followed, lies below one of these places.
  bool hold(const std::filesystem::path& file) const;
  /// Whether they are all paths of the store itself, no path below or beside it.
  static bool hold(const std::vector<StorePath>& paths);

 private:
  void add(const std::filesystem::path& place);

  std::vector<std::filesystem::path> places_;  // canonical
};

}  // namespace n2c
