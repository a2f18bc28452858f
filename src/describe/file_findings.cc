#include "describe/file_findings.h"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "base/file.h"
#include "base/text.h"
#include "go/filepath.h"
#include "go/fmt.h"
#include "image/file_rules.h"
#include "image/file_tree.h"
#include "image/store_walk.h"

namespace n2c {

namespace {

using Visit = std::function<void(const std::string& destination, const SourceFile& file,
                                 const std::string& source)>;

/// Shows the files of one store path, where they go. A path that cannot be looked at has none.
void for_each_file(const StorePath& path, const StoreView& store, const FileRules& rules,
                   const Visit& visit) {
  const std::vector<StorePath> paths{path};
  FileTree tree(paths);
  try {
    add_store_path(OpenStore(store), path, 0, rules, tree);
  } catch (const Error&) {
    return;
  }
  FileTree::Cursor at(tree);
  while (at.next()) {
    if (at.source() != nullptr) visit(at.path(), *at.source(), tree.source_path(*at.source()));
  }
}

/// Nothing where the path's expressions cannot be read.
std::optional<FileRules> rules_of(const StorePath& path, const StoreView& store) {
  try {
    return FileRules(path, store.case_hack);
  } catch (const Error&) {
    return {};
  }
}

void find_idle(const StorePath& path, const StoreView& store, std::vector<std::string>& found) {
  const auto rules = rules_of(path, store);
  if (!rules) return;
  const std::vector<Perm>& perms = *path.options->perms;
  std::vector<bool> matched(perms.size());
  bool any_file = false;
  for_each_file(path, store, *rules,
                [&](const std::string&, const SourceFile& file, const std::string& source) {
                  any_file = true;
                  rules->note_matches(source, S_ISREG(file.st_mode), matched);
                });
  for (std::size_t i = 0; any_file && i < perms.size(); ++i) {
    if (matched[i]) continue;
    found.push_back(cat(
        "the perms of ", path.path, " with the regex ", go::quote(perms[i].regex),
        " match none of its ",
        perms[i].capabilities.empty() ? "files" : "regular files; only these have capabilities"));
  }
}

/// A file that was brought to a place of the image.
struct Brought {
  std::string source;
  std::uint32_t st_mode;
  std::uint64_t size;
  std::string link;
};

bool same_bytes(const Brought& one, const Brought& other, const StoreView& store) {
  try {
    const auto open = [&](const Brought& file) {
      const auto path = store.locate(file.source);
      return reader_of(open_to_read(path), path);
    };
    const std::unique_ptr<Reader> a = open(one), b = open(other);
    std::vector<std::byte> left(64 << 10), right(64 << 10);
    while (true) {
      const std::size_t from_a = read_full(*a, left), from_b = read_full(*b, right);
      if (from_a != from_b) return false;
      if (!std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(from_a),
                      right.begin())) {
        return false;
      }
      if (from_a < left.size()) return true;
    }
  } catch (const Error&) {
    return true;  // making the layer says what is wrong with it
  }
}

bool differ(const Brought& one, const Brought& other, const StoreView& store) {
  if ((one.st_mode & S_IFMT) != (other.st_mode & S_IFMT)) return true;
  if (S_ISLNK(one.st_mode)) return one.link != other.link;
  if (!S_ISREG(one.st_mode)) return false;
  return one.size != other.size || !same_bytes(one, other, store);
}

}  // namespace

std::vector<std::string> find_idle_perms(const std::vector<StorePath>& paths,
                                         const std::vector<std::string>& closure,
                                         const std::vector<std::string>& perms_paths,
                                         const StoreView& store) {
  std::vector<std::string> found;
  for (const std::string& named : perms_paths) {
    if (named.empty() || std::ranges::find(closure, named) != closure.end()) continue;
    found.push_back(cat("the perms of ", printable(named), " are for no path of this layer"));
  }
  for (const StorePath& path : paths) {
    if (path.options && path.options->perms) find_idle(path, store, found);
  }
  return found;
}

std::vector<std::string> find_nameless_roots(const std::vector<StorePath>& paths,
                                             const StoreView& store) {
  std::vector<std::string> found;
  for (const StorePath& path : paths) {
    if (!path.options || path.options->rewrite.regex.empty()) continue;
    struct stat status{};
    if (::lstat(store.locate(path.path).c_str(), &status) != 0 || S_ISDIR(status.st_mode)) continue;
    const auto rules = rules_of(path, store);
    if (!rules) continue;
    bool is_put = false;
    for_each_file(
        path, store, *rules,
        [&](const std::string&, const SourceFile&, const std::string&) { is_put = true; });
    if (is_put) continue;
    found.push_back(cat(printable(path.path), " is a ", S_ISLNK(status.st_mode) ? "link" : "file",
                        ", which has no name at the root: nothing of it is put into the image; "
                        "give a folder that holds it (pkgs.writeTextDir, pkgs.runCommand)"));
  }
  return found;
}

std::vector<RootClash> find_root_clashes(const std::vector<StorePath>& paths,
                                         const StoreView& store) {
  std::vector<const StorePath*> moved;
  for (const StorePath& path : paths) {
    if (path.options && !path.options->rewrite.regex.empty()) moved.push_back(&path);
  }
  std::vector<RootClash> clashes;
  if (moved.size() < 2) return clashes;
  std::unordered_map<std::string, Brought> there;
  for (const StorePath* path : moved) {
    const auto rules = rules_of(*path, store);
    if (!rules) continue;
    for_each_file(*path, store, *rules,
                  [&](const std::string& to, const SourceFile& file, const std::string& source) {
                    Brought now{source, file.st_mode, file.size, std::string(file.link)};
                    const auto [found, is_new] = there.try_emplace(to, now);
                    if (is_new) return;
                    if (differ(found->second, now, store)) {
                      clashes.push_back({to, found->second.source, now.source});
                    }
                    found->second = std::move(now);
                  });
  }
  return clashes;
}

std::vector<std::string> sentences_of(const std::vector<RootClash>& clashes) {
  constexpr std::size_t shown = 10;
  std::vector<std::string> sentences;
  for (const RootClash& clash : clashes) {
    if (sentences.size() == shown) {
      sentences.push_back(cat("and ", clashes.size() - shown, " more files like it"));
      break;
    }
    sentences.push_back(cat("two roots have ", printable(clash.destination),
                            " with other content: the image gets that of ", printable(clash.kept),
                            ", and not that of ", printable(clash.lost)));
  }
  return sentences;
}

}  // namespace n2c
