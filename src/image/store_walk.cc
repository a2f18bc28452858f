#include "image/store_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "base/error.h"
#include "base/folder_entries.h"
#include "base/system.h"
#include "base/text.h"
#include "go/filepath.h"
#include "go/fmt.h"

namespace n2c {

namespace {

/// "lstat /nix/store/…: permission denied"
[[noreturn]] void throw_not_accessible(const std::string& path, std::string_view call) {
  const std::string why = go::errno_text(errno);
  throw Error(ErrorKind::local, cat(call, " ", path, ": ", why));
}

class Walk {
 public:
  Walk(const OpenStore& store, std::uint32_t index, const FileRules& rules, FileTree& tree)
      : store_(store), index_(index), rules_(rules), tree_(tree) {}

  void run(const std::string& path) {
    if (path.contains('\0')) {
      throw Error(ErrorKind::local, cat(go::quote(path), " is not the path of a file"));
    }
    const auto [folder, at] = store_.place(path);
    walk(path, look(folder, at, tree_.keep(path), path));
  }

 private:
  /// What lstat tells of a file, and a symlink's target.
  SourceFile look(int folder, const char* at, std::string_view file, const std::string& path) {
    struct stat status{};
    if (::fstatat(folder, at, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      throw_not_accessible(path, "lstat");
    }
    SourceFile source{.store_path = index_, .st_mode = status.st_mode, .file = file};
    if (S_ISREG(status.st_mode)) source.size = static_cast<std::uint64_t>(status.st_size);
    if (S_ISLNK(status.st_mode)) source.link = read_link(folder, at, path);
    return source;
  }

  std::string_view read_link(int folder, const char* at, const std::string& path) {
    std::array<char, PATH_MAX> target;
    const ssize_t size = ::readlinkat(folder, at, target.data(), target.size());
    if (size < 0) throw_not_accessible(path, "readlink");
    return tree_.keep({target.data(), static_cast<std::size_t>(size)});
  }

  /// A folder of which some entries are still to be visited.
  struct Level {
    std::string path;  // clean
    std::uint32_t folder;
    std::vector<SourceFile> files;
    std::size_t next = 0;
  };

  /// Visits files in the order of a recursive walk, but without recursion: folders may be deeper
  /// than a stack.
  void walk(const std::string& path, const SourceFile& top) {
    std::vector<Level> levels;
    visit(path, top, levels);
    while (!levels.empty()) {
      Level& level = levels.back();
      if (level.next == level.files.size()) {
        levels.pop_back();
        continue;
      }
      SourceFile file = level.files[level.next++];
      file.folder = level.folder;
      visit(go::join_clean(level.path, file.file), file, levels);  // may move `level`
    }
  }

  /// A folder that is not empty becomes another of the `levels`.
  void visit(const std::string& path, const SourceFile& source, std::vector<Level>& levels) {
    std::vector<SourceFile> files;
    const bool is_folder = S_ISDIR(source.st_mode);
    std::string clean_path = is_folder ? go::clean(path) : "";
    if (is_folder) files = read_folder(path, clean_path);
    if (const std::string to = rules_.destination(path); !to.empty()) tree_.add(to, source);
    if (files.empty()) return;
    const std::uint32_t folder = tree_.add_folder(clean_path);
    levels.push_back({.path = std::move(clean_path), .folder = folder, .files = std::move(files)});
  }

  /// Everything in a folder, sorted by the bytes of the names. The folder is closed before anything
  /// below it is looked at, so that depth costs no descriptors.
  std::vector<SourceFile> read_folder(const std::string& path, const std::string& clean_path) {
    const auto [parent, at] = store_.place(path);
    const int opened = ::openat(parent, at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (opened < 0) throw_not_accessible(path, "open");
    const OpenFolder folder(::fdopendir(opened));
    if (!folder) {
      ::close(opened);
      throw_not_accessible(path, "open");
    }
    std::vector<SourceFile> files;
    while (const dirent* const found = next_entry(folder)) {
      files.push_back(look_at(opened, *found, go::join_clean(clean_path, found->d_name)));
    }
    if (errno != 0) throw_not_accessible(path, "readdirent");
    std::ranges::sort(files, {}, &SourceFile::file);
    return files;
  }

  SourceFile look_at(int folder, const dirent& found, const std::string& path) {
    const std::string_view file = tree_.keep(found.d_name);
    if (found.d_type != DT_LNK) return look(folder, found.d_name, file, path);
    return {.store_path = index_,
            .st_mode = S_IFLNK | 0777,  // what lstat says of every symlink
            .file = file,
            .link = read_link(folder, found.d_name, path)};
  }

  const OpenStore& store_;
  std::uint32_t index_;
  const FileRules& rules_;
  FileTree& tree_;
};

std::uint32_t type_bits(char type) {
  if (type == '5') return S_IFDIR;
  return type == '2' ? S_IFLNK : S_IFREG;
}

void add_tar(const OpenStore& store, const std::string& path, std::uint32_t index, FileTree& tree) {
  const std::uint32_t folder = tree.add_folder(path);
  for (PackedFile& file : read_packed_tar(store.open_file(path), path)) {
    const go::TarHeader& header = file.header;
    SourceFile source{.folder = folder,
                      .store_path = index,
                      .st_mode = type_bits(header.type) | static_cast<std::uint32_t>(header.mode),
                      .size = static_cast<std::uint64_t>(header.size),
                      .file = tree.keep(header.name),
                      .link = tree.keep(header.link)};
    const std::string to = header.name;
    source.packed = tree.add_packed(std::move(file));
    tree.add(to, source);
  }
}

}  // namespace

OpenStore::OpenStore(const StoreView& store) {
  if (store.root.empty()) return;
  root_ = open_place(store.root);
  if (!root_) throw_errno("open the store root " + store.root.string());
}

OpenStore::Place OpenStore::place(const std::string& path) const {
  if (!root_ || !path.starts_with('/')) return {AT_FDCWD, path.c_str()};
  const std::size_t relative = path.find_first_not_of('/');
  return {root_.get(), relative == path.npos ? "." : path.c_str() + relative};
}

FileDescriptor OpenStore::open_file(const std::string& path) const {
  const auto [folder, at] = place(path);
  // O_NONBLOCK: the open returns even if something else has taken the file's place.
  FileDescriptor file(::openat(folder, at, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file) return file;
  const std::string why = go::errno_text(errno);
  throw Error(ErrorKind::local, cat("open ", path, ": ", why));
}

void add_store_path(const OpenStore& store, const StorePath& path, std::uint32_t index,
                    const FileRules& rules, FileTree& tree) {
  if (path.is_tar) return add_tar(store, path.path, index, tree);
  Walk(store, index, rules, tree).run(path.path);
}

}  // namespace n2c
