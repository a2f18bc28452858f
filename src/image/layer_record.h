#pragma once
/// One layer as layers.json and image.json describe it (docs/format.md C3.1, C3.2), before any
/// of it is checked or opened. Plain data, written and read by image_json.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oci/config.h"

namespace n2c {

/// Ownership and mode for the files whose source path matches `regex` (docs/format.md B8).
struct Perm {
  std::string regex, mode;
  std::int64_t uid = 0, gid = 0;
  std::string uname, gname;
  std::string or_mode{};       ///< octal bits that are set behind `mode`; empty: none
  std::string capabilities{};  ///< of regular files, as setcap(8) takes them; empty: none
  bool operator==(const Perm&) const = default;
};

/// Where a path's files go (docs/format.md E3.2). With an empty regex they stay where they are.
struct Rewrite {
  std::string regex, repl;
  bool operator==(const Rewrite&) const = default;
};

struct PathOptions {
  Rewrite rewrite;
  /// Go tells a nil list from an empty one when it compares (docs/format.md F3.3, E5.3).
  std::optional<std::vector<Perm>> perms;
  bool operator==(const PathOptions&) const = default;
};

/// A store path (any file or folder) and how its files are altered on the way into a tar.
struct StorePath {
  std::string path;
  std::optional<PathOptions> options;
  /// Keys inside options or perms that this n2c does not know ("options.ignoreDestination"): making
  /// the layer again without obeying them would give other bytes (docs/format.md Appendix III).
  std::vector<std::string> unknown_keys{};
  /// The path is a tar, and its entries are in the layer in its place (packed_tar.h).
  bool is_tar = false;
  bool operator==(const StorePath&) const = default;
};

struct LayerRecord {
  std::string digest;  ///< of the bytes as stored
  std::int64_t size = 0;
  std::string diff_id;  ///< of the plain tar; the key is "diff_ids"
  /// Present and empty is the empty tar (docs/format.md A5.2).
  std::optional<std::vector<StorePath>> paths;
  std::string media_type;
  std::string layer_path;  ///< a file with the bytes as stored; wins over paths
  oci::History history;
};

}  // namespace n2c
