#include "image/layer_tar.h"

#include <sys/stat.h>

#include "base/text.h"

namespace n2c {

namespace {

/// What Go's reasons begin with.
constexpr std::string_view go_words = "archive/tar: cannot encode header: ";

std::string_view kind_of(std::uint32_t st_mode) {
  if (S_ISFIFO(st_mode)) return "a FIFO";
  if (S_ISSOCK(st_mode)) return "a socket";
  return S_ISBLK(st_mode) || S_ISCHR(st_mode) ? "a device" : "of an unknown kind";
}

char entry_type(const SourceFile& source, std::string_view path) {
  if (S_ISREG(source.st_mode)) return '0';
  if (S_ISDIR(source.st_mode)) return '5';
  if (S_ISLNK(source.st_mode)) return '2';
  throw Error(ErrorKind::local,
              cat("'", path, "' is ", kind_of(source.st_mode),
                  ": a layer holds regular files, directories and symlinks only"));
}

}  // namespace

LayerTar::LayerTar(const std::vector<StorePath>& paths, const StoreView& store)
    : store_(store), tree_(paths) {
  for (const StorePath& path : paths) rules_.emplace_back(path, store.case_hack);
  for (std::uint32_t index = 0; index < paths.size(); ++index) {
    add_store_path(store_, paths[index], index, rules_[index], tree_);
  }
}

void LayerTar::header(const FileTree::Cursor& entry, std::string& into) const {
  go::TarHeader header{.type = '5',  // and 0755 for an implied directory (docs/format.md B6.4)
                       .name = entry.path(),
                       .uname = "root",
                       .gname = "root",
                       .mode = 0755,
                       .mtime = 1};
  if (const SourceFile* source = entry.source()) {
    const std::string source_path = tree_.source_path(*source);
    if (const PackedFile* packed = tree_.packed(*source)) {
      header = packed->header;
    } else {
      header.type = entry_type(*source, source_path);
      header.link = source->link;
      header.mode = S_ISLNK(source->st_mode) ? 0777 : source->st_mode & 07777;
      header.size = static_cast<std::int64_t>(source->size);
    }
    rules_[source->store_path].apply_perms(source_path, header);
  }
  into.clear();
  if (const auto made = go::append_tar_header(header, into); !made) {
    std::string_view why = made.error();
    why.remove_prefix(why.starts_with(go_words) ? go_words.size() : 0);
    throw Error(ErrorKind::input, cat("a tar cannot hold ", entry.path(), ": ", why));
  }
}

std::uint64_t LayerTar::data_size(const FileTree::Cursor& entry) {
  return entry.source() == nullptr ? 0 : entry.source()->size;
}

LayerTar::Position LayerTar::find(std::uint64_t offset) const {
  FileTree::Cursor entry(tree_);
  std::optional<Position> found;
  std::string bytes;
  while (entry.next()) {
    header(entry, bytes);
    const std::uint64_t size = data_size(entry);
    const std::uint64_t length = bytes.size() + size + go::tar_padding(size);
    if (!found && offset < length) found = Position{entry, offset};
    offset -= std::min(offset, length);
  }
  if (found) return *found;
  return {entry, offset, true};
}

}  // namespace n2c
