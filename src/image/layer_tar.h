#pragma once
/// The tar of a layer's store paths, entry by entry, once the files are known.

#include <memory>
#include <string>
#include <vector>

#include "base/stream.h"
#include "image/file_rules.h"
#include "image/file_tree.h"
#include "image/store_walk.h"

namespace n2c {

/// A layer whose tree has been walked. Every header and every size is settled, and no content was
/// read. Immutable once made; all threads may use it.
class LayerTar {
 public:
  /// Walks the paths. Throws as StoreLayerSource::open does.
  LayerTar(const std::vector<StorePath>& paths, const StoreView& store);

  /// Sets `into` to all that comes before the entry's data.
  void header(const FileTree::Cursor& entry, std::string& into) const;
  /// How many bytes of data the entry has.
  static std::uint64_t data_size(const FileTree::Cursor& entry);

  /// Where a tar's byte is.
  struct Position {
    FileTree::Cursor entry;
    std::uint64_t offset = 0;  ///< from the start of the entry's header, or of the trailer
    bool in_trailer = false;
  };
  /// Finds a byte's place. Looks at every header, so that one that cannot be written is an error
  /// now: Error{input}, or Error{local} for a FIFO, device or socket.
  Position find(std::uint64_t offset) const;

  const OpenStore& store() const { return store_; }
  const FileTree& tree() const { return tree_; }

 private:
  OpenStore store_;
  std::vector<FileRules> rules_;
  FileTree tree_;
};

/// A reader of the tar from a position in it.
std::unique_ptr<Reader> read_from(std::shared_ptr<const LayerTar> tar, LayerTar::Position position);

}  // namespace n2c
