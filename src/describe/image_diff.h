#pragma once
/// What differs between two images: their layers, the store paths in them, and what a push of the
/// second sends where the first is already.

#include <cstdint>
#include <string>
#include <vector>

#include "describe/closure.h"

namespace n2c {

struct SizedPath {
  std::string path;
  std::uint64_t size = 0;  ///< as path_size() has it; 0: it is not on this machine
};

/// A layer as far as it is known. A stored image's has no paths.
struct ComparedLayer {
  std::string diff_id;
  std::uint64_t size = 0;  ///< bytes as stored
  std::vector<SizedPath> paths{};
};

struct PathChange {
  enum class Kind {
    came,
    went,
    changed,  ///< the old image has another path of that name
    moved,    ///< the same path in a layer of another place, which is sent again
  };
  Kind kind;
  std::string path;       ///< of the new image; of one that went, the old one's
  std::string before{};   ///< of one that changed, the old image's
  std::size_t layer = 0;  ///< its place there, from 0
  std::uint64_t size = 0;
  bool refers_to_changed = false;  ///< something that came or changed is in its closure
};

/// Bytes of the paths in the layers that are sent, by why they are.
struct SentBytes {
  std::uint64_t changed = 0;    ///< came or changed, and refers to nothing that did
  std::uint64_t referring = 0;  ///< came or changed, as what it refers to did
  std::uint64_t unchanged = 0;  ///< in both images, in a layer that changed
};

struct ImageDiff {
  std::vector<std::size_t> sent;  ///< places of the new image's layers that the old one lacks
  std::vector<std::size_t> gone;  ///< places of the old image's layers that the new one lacks
  std::uint64_t sent_size = 0;    ///< of the sent layers, each once
  SentBytes why;
  std::vector<PathChange> paths;  ///< in the order of Kind, then of the layers
};

/// Pure. Without a closure nothing is known to refer to anything.
ImageDiff diff_images(const std::vector<ComparedLayer>& before,
                      const std::vector<ComparedLayer>& after, const Closure& closure);

/// A store path's name without the folder and the hash: "hello-2.12". The whole text where it has
/// none.
std::string_view name_of_store_path(std::string_view path);

}  // namespace n2c
