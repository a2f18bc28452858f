#pragma once
/// What the files of a layer tell of options that most likely do not do what was meant. It is for
/// people: nothing of it changes a layer.

#include <string>
#include <vector>

#include "image/image_json.h"

namespace n2c {

/// One file of the image that two store paths moved to its root bring, with other content.
struct RootClash {
  std::string destination;
  std::string lost,
      kept;  ///< the files; the later in the order of the paths is the one in the image
};

/// A sentence for each perm that is for no path of the closure (`perms_paths` are those that perms
/// name), and for each whose expression matches no file of its path. `paths` are those of all
/// layers, lowest first; `closure` also has those that parents hold. Looks only at paths with
/// perms. Returns what it has found when a path cannot be looked at: making the layer says why.
std::vector<std::string> find_idle_perms(const std::vector<StorePath>& paths,
                                         const std::vector<std::string>& closure,
                                         const std::vector<std::string>& perms_paths,
                                         const StoreView& store);

/// A sentence for each path with a rewrite that is a file or a link and gets an empty name by it:
/// nothing of it is put into the image (docs/format.md E3.3). Returns as find_idle_perms() does.
std::vector<std::string> find_nameless_roots(const std::vector<StorePath>& paths,
                                             const StoreView& store);

/// The files that more than one of the paths with a rewrite bring to one place, where they differ
/// in type, content or target. Modes are not compared. Returns as find_idle_perms() does.
std::vector<RootClash> find_root_clashes(const std::vector<StorePath>& paths,
                                         const StoreView& store);

/// The clashes as sentences: each of the first ten, and how many more there are.
std::vector<std::string> sentences_of(const std::vector<RootClash>& clashes);

}  // namespace n2c
