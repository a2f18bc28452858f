#pragma once
/// From ordered store paths to the paths of each layer (docs/format.md F3, F4.1).

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/layer_record.h"

namespace n2c {

/// What alters and drops paths on their way into layers.
struct SelectionRules {
  /// perms.json and rewrites.json: each entry is for one path.
  std::vector<std::pair<std::string, Perm>> perms;
  std::vector<std::pair<std::string, Rewrite>> rewrites;
  /// Keys of perms.json that this n2c does not know, by path.
  std::vector<std::pair<std::string, std::string>> unknown_keys;
  std::string ignore;  ///< this exact path is dropped; "" drops none
};

/// Read perms.json into rules.perms and rewrites.json into rules.rewrites. They return what is
/// wrong, and where.
std::optional<std::string> read_perms(std::string_view json, SelectionRules& rules);
std::optional<std::string> read_rewrites(std::string_view json, SelectionRules& rules);

/// The paths with their options: perms in file order, and the last rewrite (docs/format.md F3). A
/// path is dropped when it is to be ignored, or when a parent layer has it with the same options.
/// `log` is told of each drop.
std::vector<StorePath> select_paths(const std::vector<std::string>& ordered,
                                    const SelectionRules& rules,
                                    const std::vector<LayerRecord>& parents,
                                    const std::function<void(std::string_view)>& log);

/// Cuts the paths into layers of one path each; the last layer takes all the rest (docs/format.md
/// F4.1). max_layers of 0 or less means a layer for every path.
std::vector<std::vector<StorePath>> split_by_order(std::vector<StorePath> paths,
                                                   std::int64_t max_layers);

/// The store paths of each layer, lowest first, as another program chose them.
using LayerLists = std::vector<std::vector<std::string>>;

/// Reads a JSON list of lists of store paths (`--layers-json`). The error says where.
Parsed<LayerLists> read_layer_lists(std::string_view json);

/// Puts each path into the layer whose list has it, in the order of `paths`. Those that no list has
/// are a last layer; a list none of whose paths are left makes no layer. A listed path that is not
/// in `closure`, and one that is listed twice, is an error.
Parsed<std::vector<std::vector<StorePath>>> split_by_lists(std::vector<StorePath> paths,
                                                           const LayerLists& lists,
                                                           const std::vector<std::string>& closure);

}  // namespace n2c
