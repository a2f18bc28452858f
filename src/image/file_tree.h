#pragma once
/// The files of a layer by their place in its tar: every source file at its destination, and the
/// directories that destinations imply (docs/format.md E4 to E6).

#include <cstdint>
#include <limits>
#include <map>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "image/layer_record.h"
#include "image/packed_tar.h"

namespace n2c {

/// One file as it was found. The texts live as long as the tree that keep()s them.
struct SourceFile {
  static constexpr std::uint32_t no_folder = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t folder = no_folder;  ///< FileTree::add_folder's; no_folder: `file` is a whole path
  std::uint32_t store_path = 0;      ///< which of the layer's paths it was found below
  std::uint32_t st_mode = 0;
  std::uint64_t size = 0;  ///< of a regular file
  std::string_view file;
  std::string_view link;  ///< a symlink's target
  /// FileTree::add_packed's, for an entry of a tar: `folder` is the tar and `file` the entry's
  /// name.
  std::uint32_t packed = no_folder;
};

/// Built by one thread; then any may read it.
class FileTree {
 public:
  /// `paths` are the layer's; their perms are compared. They must live until the last file is
  /// added.
  explicit FileTree(const std::vector<StorePath>& paths) : paths_(paths) {}
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  /// A copy of the text that lives as long as the tree.
  std::string_view keep(std::string_view text);
  /// A folder that sources are in, by its clean path.
  std::uint32_t add_folder(std::string path);
  /// An entry of a tar.
  std::uint32_t add_packed(PackedFile file);
  /// The entry behind a source, and the tar's path. A null pointer for a source that is none.
  const PackedFile* packed(const SourceFile& source) const;
  const std::string& tar_of(const SourceFile& source) const { return folders_[source.folder]; }
  /// Where the file was found, as messages and regular expressions see it.
  std::string source_path(const SourceFile& source) const;

  /// Puts a file at a destination, which is cleaned first. It replaces a file that is there already
  /// and is alike. Otherwise it throws Error{input} (docs/format.md E5). An
  /// entry of a tar replaces what is there, but no folder replaces a file, nor a file a folder.
  void add(std::string_view destination, const SourceFile& source);

  class Cursor;

 private:
  struct Node {
    std::uint32_t id = 0;  // its children's `parent`
    bool is_implied = true;
    bool has_children = false;
    SourceFile source;
  };
  struct Place {
    std::uint32_t parent = 0;
    std::string_view component;
    /// Orders the children of one parent by their bytes (docs/format.md E6).
    auto operator<=>(const Place&) const = default;
  };
  using Nodes = std::pmr::map<Place, Node>;

  Node& node_at(const std::string& clean_path);
  Node& child(Node& parent, std::string_view component);
  void check_conflict(std::string_view destination, const SourceFile& earlier,
                      const SourceFile& later) const;

  const std::vector<StorePath>& paths_;
  std::pmr::monotonic_buffer_resource memory_;
  Nodes nodes_{&memory_};
  Node root_{};  // nameless: "/" is its child ""
  std::vector<std::string> folders_;
  std::vector<PackedFile> packed_;
  std::string last_parent_path_;  // the next file is most often beside the last one
  Node* last_parent_ = nullptr;
};

/// Goes through a tree in the tar's order: parents first, children by the bytes of their names. The
/// tree must not change meanwhile. A copy of a cursor goes on from the same place.
class FileTree::Cursor {
 public:
  explicit Cursor(const FileTree& tree);

  /// Moves to the first or next entry. Returns false at the end.
  bool next();
  /// Its path in the tar, clean.
  const std::string& path() const { return path_; }
  /// Null pointer for a directory that is only implied.
  const SourceFile* source() const { return node_->is_implied ? nullptr : &node_->source; }

 private:
  struct Level {
    Nodes::const_iterator next;
    std::uint32_t parent = 0;
    std::size_t path_size = 0;  // of the parent's path, without "/" when it is the root
  };
  void descend();

  const FileTree* tree_;
  const Node* node_;
  std::vector<Level> levels_;
  std::string path_;
};

}  // namespace n2c
