#include "image/file_tree.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "go/filepath.h"
#include "go/fmt.h"

namespace n2c {

namespace {

using Perms = std::optional<std::vector<Perm>>;

std::string perms_text(const Perms& perms) {
  if (!perms) return "none";
  std::string text;
  for (const Perm& perm : *perms) {
    text += cat(text.empty() ? "" : ", ", "{regex ", go::quote(perm.regex), " mode ",
                go::quote(perm.mode), " uid ", perm.uid, " gid ", perm.gid, " uname ",
                go::quote(perm.uname), " gname ", go::quote(perm.gname));
    if (!perm.or_mode.empty()) text += cat(" orMode ", go::quote(perm.or_mode));
    if (!perm.capabilities.empty()) text += cat(" capabilities ", go::quote(perm.capabilities));
    text += "}";
  }
  return cat("[", text, "]");
}

/// Whether two files have the same perms (docs/format.md E5.3). Go tells a nil list from an empty
/// one. Where it would crash because options are missing (E5.4), missing options count as no perms.
bool same_perms(const PathOptions& earlier, const std::optional<PathOptions>& later) {
  if (later) return earlier.perms == later->perms;
  return !earlier.perms || earlier.perms->empty();
}

}  // namespace

std::string_view FileTree::keep(std::string_view text) {
  if (text.empty()) return {};
  auto* const copy = static_cast<char*>(memory_.allocate(text.size(), 1));
  std::ranges::copy(text, copy);
  return {copy, text.size()};
}

std::uint32_t FileTree::add_folder(std::string path) {
  folders_.push_back(std::move(path));
  return static_cast<std::uint32_t>(folders_.size() - 1);
}

std::uint32_t FileTree::add_packed(PackedFile file) {
  packed_.push_back(std::move(file));
  return static_cast<std::uint32_t>(packed_.size() - 1);
}

const PackedFile* FileTree::packed(const SourceFile& source) const {
  return source.packed == SourceFile::no_folder ? nullptr : &packed_[source.packed];
}

std::string FileTree::source_path(const SourceFile& source) const {
  if (source.folder == SourceFile::no_folder) return std::string(source.file);
  return go::join_clean(folders_[source.folder], source.file);
}

FileTree::Node& FileTree::child(Node& parent, std::string_view component) {
  const Place place{parent.id, component};
  const auto found = nodes_.lower_bound(place);
  if (found != nodes_.end() && found->first == place) return found->second;
  parent.has_children = true;
  const auto id = static_cast<std::uint32_t>(nodes_.size() + 1);
  return nodes_.emplace_hint(found, Place{parent.id, keep(component)}, Node{.id = id})->second;
}

FileTree::Node& FileTree::node_at(const std::string& clean_path) {
  const std::size_t slash = clean_path.rfind('/');
  const bool is_deep = slash != clean_path.npos && slash != 0;
  if (!is_deep || last_parent_ == nullptr ||
      std::string_view(clean_path).substr(0, slash) != last_parent_path_) {
    Node* node = &root_;
    for (const std::string_view component : go::components(clean_path)) {
      last_parent_ = node;
      node = &child(*node, component);
    }
    last_parent_path_ = is_deep ? clean_path.substr(0, slash) : "";
    return *node;
  }
  return child(*last_parent_, std::string_view(clean_path).substr(slash + 1));
}

void FileTree::add(std::string_view destination, const SourceFile& source) {
  const std::string path = go::clean(destination);
  Node& node = node_at(path);
  if (!node.is_implied) check_conflict(path, node.source, source);
  node.is_implied = false;
  node.source = source;
}

void FileTree::check_conflict(std::string_view destination, const SourceFile& earlier,
                              const SourceFile& later) const {
  const auto clash = [&](std::string_view what, const std::string& was, const std::string& is) {
    throw Error(ErrorKind::input,
                cat(destination, " comes twice, with the ", what, " ", was, " from ",
                    source_path(earlier), " and ", is, " from ", source_path(later)),
                "leave one out, or put them into layers of their own");
  };
  const bool is_packed = packed(later) != nullptr;
  if (is_packed && S_ISDIR(earlier.st_mode) == S_ISDIR(later.st_mode)) return;
  if (earlier.st_mode != later.st_mode) {
    clash("mode", go::mode_text(earlier.st_mode), go::mode_text(later.st_mode));
  }
  if (S_ISREG(later.st_mode) && earlier.size != later.size) {
    clash("size", std::to_string(earlier.size), std::to_string(later.size));
  }
  const auto& had = paths_[earlier.store_path].options;
  const auto& has = paths_[later.store_path].options;
  if (!had || same_perms(*had, has)) return;
  throw Error(ErrorKind::input,
              cat(destination, " comes twice, with the perms ", perms_text(had->perms), " from ",
                  source_path(earlier), " and ", perms_text(has ? has->perms : Perms{}), " from ",
                  source_path(later)),
              "files and directories that several paths share need the same perms in each");
}

FileTree::Cursor::Cursor(const FileTree& tree) : tree_(&tree), node_(&tree.root_) {}

void FileTree::Cursor::descend() {
  if (!node_->has_children) return;
  const auto first = tree_->nodes_.lower_bound(Place{node_->id, {}});
  levels_.push_back({first, node_->id, path_ == "/" ? 0 : path_.size()});
}

bool FileTree::Cursor::next() {
  descend();
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.next == tree_->nodes_.end() || level.next->first.parent != level.parent) {
      levels_.pop_back();
      continue;
    }
    const std::string_view component = level.next->first.component;
    path_.resize(level.path_size);
    if (levels_.size() > 1 || component.empty()) path_ += '/';
    path_ += component;
    node_ = &level.next->second;
    ++level.next;
    return true;
  }
  return false;
}

}  // namespace n2c
