#include "describe/layer_plan.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c {

namespace {

using go::Json;

struct PermEntry {
  std::string path;
  Perm perm;
  std::vector<std::string> unknown_keys;
};

go::Decoded decode_perm_entry(const Json& json, PermEntry& entry) {
  Perm& perm = entry.perm;
  return go::decode_object(
      json, "a perm",
      {{"path", [&](const Json& v) { return go::decode(v, entry.path); }},
       {"regex", [&](const Json& v) { return go::decode(v, perm.regex); }},
       {"mode", [&](const Json& v) { return go::decode(v, perm.mode); }},
       {"uid", [&](const Json& v) { return go::decode(v, perm.uid); }},
       {"gid", [&](const Json& v) { return go::decode(v, perm.gid); }},
       {"uname", [&](const Json& v) { return go::decode(v, perm.uname); }},
       {"gname", [&](const Json& v) { return go::decode(v, perm.gname); }},
       {"orMode", [&](const Json& v) { return go::decode(v, perm.or_mode); }},
       {"capabilities", [&](const Json& v) { return go::decode(v, perm.capabilities); }}},
      [&](std::string_view key) { entry.unknown_keys.push_back(printable(key, 60)); });
}

go::Decoded decode_rewrite_entry(const Json& json, std::pair<std::string, Rewrite>& entry) {
  return go::decode_object(
      json, "a rewrite",
      {{"path", [&](const Json& v) { return go::decode(v, entry.first); }},
       {"regex", [&](const Json& v) { return go::decode(v, entry.second.regex); }},
       {"repl", [&](const Json& v) { return go::decode(v, entry.second.repl); }}});
}

/// docs/format.md F3.1: options exist only where a perm or a rewrite names the path.
StorePath with_rules(const std::string& path, const SelectionRules& rules) {
  StorePath record{.path = path, .options = {}};
  const auto options = [&]() -> PathOptions& {
    if (!record.options) record.options.emplace();
    return *record.options;
  };
  for (const auto& [of, perm] : rules.perms) {
    if (of != path) continue;
    if (!options().perms) options().perms.emplace();
    options().perms->push_back(perm);
  }
  for (const auto& [of, rewrite] : rules.rewrites) {
    if (of == path) options().rewrite = rewrite;
  }
  for (const auto& [of, key] : rules.unknown_keys) {
    if (of == path) record.unknown_keys.push_back(key);
  }
  return record;
}

using PathsByName = std::unordered_multimap<std::string_view, const StorePath*>;

PathsByName paths_of(const std::vector<LayerRecord>& layers) {
  PathsByName paths;
  for (const LayerRecord& layer : layers) {
    if (!layer.paths) continue;
    for (const StorePath& path : *layer.paths) paths.emplace(path.path, &path);
  }
  return paths;
}

bool has_same(const PathsByName& paths, const StorePath& wanted) {
  const auto [first, last] = paths.equal_range(wanted.path);
  return std::any_of(first, last, [&](const auto& entry) { return *entry.second == wanted; });
}

}  // namespace

std::optional<std::string> read_perms(std::string_view text, SelectionRules& rules) {
  const auto json = Json::parse_as_go(text);
  if (!json) return json.error();
  std::vector<PermEntry> entries;
  if (const auto wrong = go::decode_list<PermEntry>(*json, entries, decode_perm_entry)) {
    return wrong->str();
  }
  for (PermEntry& entry : entries) {
    for (std::string& key : entry.unknown_keys) {
      rules.unknown_keys.emplace_back(entry.path, std::move(key));
    }
    rules.perms.emplace_back(std::move(entry.path), std::move(entry.perm));
  }
  return {};
}

std::optional<std::string> read_rewrites(std::string_view text, SelectionRules& rules) {
  const auto json = Json::parse_as_go(text);
  if (!json) return json.error();
  const auto wrong =
      go::decode_list<std::pair<std::string, Rewrite>>(*json, rules.rewrites, decode_rewrite_entry);
  if (wrong) return wrong->str();
  return {};
}

std::vector<StorePath> select_paths(const std::vector<std::string>& ordered,
                                    const SelectionRules& rules,
                                    const std::vector<LayerRecord>& parents,
                                    const std::function<void(std::string_view)>& log) {
  const PathsByName in_parents = paths_of(parents);
  std::vector<StorePath> selected;
  for (const std::string& path : ordered) {
    StorePath record = with_rules(path, rules);
    if (!rules.ignore.empty() && path == rules.ignore) {
      log(cat("Excluding path ", path, " from layer"));
    } else if (has_same(in_parents, record)) {
      log(cat("Excluding path ", path, " because already present in a parent layer"));
    } else {
      selected.push_back(std::move(record));
    }
  }
  return selected;
}

std::vector<std::vector<StorePath>> split_by_order(std::vector<StorePath> paths,
                                                   std::int64_t max_layers) {
  std::vector<std::vector<StorePath>> layers;
  for (StorePath& path : paths) {
    const bool full = max_layers > 0 && std::cmp_equal(layers.size(), max_layers);
    if (!full) layers.emplace_back();
    layers.back().push_back(std::move(path));
  }
  return layers;
}

Parsed<LayerLists> read_layer_lists(std::string_view text) {
  const auto json = Json::parse_as_go(text);
  if (!json) return std::unexpected(json.error());
  LayerLists lists;
  const auto wrong = go::decode_list<std::vector<std::string>>(
      *json, lists, [](const Json& list, std::vector<std::string>& into) {
        return go::decode_list<std::string>(
            list, into, [](const Json& one, std::string& path) { return go::decode(one, path); });
      });
  if (wrong) return std::unexpected(wrong->str());
  return lists;
}

Parsed<std::vector<std::vector<StorePath>>> split_by_lists(
    std::vector<StorePath> paths, const LayerLists& lists,
    const std::vector<std::string>& closure) {
  const std::unordered_set<std::string_view> known(closure.begin(), closure.end());
  std::unordered_map<std::string_view, std::size_t> layer_of;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (const std::string& path : lists[i]) {
      const std::string where = cat("[", i, "]: \"", printable(path, 200), "\" is ");
      if (!known.contains(path)) return std::unexpected(where + "not in the closure graph");
      if (!layer_of.emplace(path, i).second) return std::unexpected(where + "listed twice");
    }
  }
  std::vector<std::vector<StorePath>> layers(lists.size() + 1);
  for (StorePath& path : paths) {
    const auto found = layer_of.find(path.path);
    const std::size_t layer = found == layer_of.end() ? lists.size() : found->second;
    layers[layer].push_back(std::move(path));
  }
  std::erase_if(layers, [](const auto& layer) { return layer.empty(); });
  return layers;
}

}  // namespace n2c
