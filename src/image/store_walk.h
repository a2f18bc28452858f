#pragma once
/// The files below a store path, found and put into a tree (docs/format.md E1).

#include <cstdint>
#include <string>

#include "base/file.h"
#include "image/file_rules.h"
#include "image/file_tree.h"
#include "image/image_json.h"

namespace n2c {

/// A StoreView with its root held open. Immutable; all threads may use it.
class OpenStore {
 public:
  /// Throws Error{local} when the root cannot be opened.
  explicit OpenStore(const StoreView& store);

  /// A path as the *at() calls want it: a folder's descriptor and a path from there.
  struct Place {
    int folder;
    const char* path;  // points into the text that was given
  };
  Place place(const std::string& path) const;
  /// Opens a regular file to read. Throws Error{local}.
  FileDescriptor open_file(const std::string& path) const;

 private:
  FileDescriptor root_;
};

/// Adds store path number `index` of the tree's paths, and everything below it, to the tree; of a
/// tar its entries, which no rewrite moves.
/// Throws Error{local} for what cannot be looked at, Error{input} for conflicts.
void add_store_path(const OpenStore& store, const StorePath& path, std::uint32_t index,
                    const FileRules& rules, FileTree& tree);

}  // namespace n2c
