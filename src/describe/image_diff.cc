#include "describe/image_diff.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

namespace n2c {

namespace {

using Kind = PathChange::Kind;

/// The first place of each path, and its size.
struct Placed {
  std::size_t layer = 0;
  std::uint64_t size = 0;
};
using Places = std::map<std::string_view, Placed>;

Places places_of(const std::vector<ComparedLayer>& layers) {
  Places places;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    for (const SizedPath& path : layers[layer].paths) {
      places.try_emplace(path.path, Placed{layer, path.size});
    }
  }
  return places;
}

/// The places of the layers of `of` that `other` lacks, each diff_id once.
std::vector<std::size_t> lacking(const std::vector<ComparedLayer>& of,
                                 const std::vector<ComparedLayer>& other) {
  std::set<std::string_view> known;
  for (const ComparedLayer& layer : other) known.insert(layer.diff_id);
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < of.size(); ++place) {
    if (known.insert(of[place].diff_id).second) places.push_back(place);
  }
  return places;
}

/// A name without its version, as Nix splits them: before the first dash with a digit behind it.
std::string_view without_version(std::string_view name) {
  for (std::size_t dash = name.find('-'); dash != std::string_view::npos;
       dash = name.find('-', dash + 1)) {
    const bool is_version =
        dash + 1 < name.size() && name[dash + 1] >= '0' && name[dash + 1] <= '9';
    if (is_version) return name.substr(0, dash);
  }
  return name;
}

/// Gives each path that came one of the old image's that went, of the same key, and takes it from
/// these.
void pair_by(std::string_view (*key)(std::string_view), std::vector<PathChange>& came,
             Places& went) {
  std::multimap<std::string_view, std::string_view> by_key;
  for (const auto& [path, placed] : went) by_key.emplace(key(name_of_store_path(path)), path);
  for (PathChange& change : came) {
    if (!change.before.empty()) continue;
    const auto found = by_key.find(key(name_of_store_path(change.path)));
    if (found == by_key.end()) continue;
    change.kind = Kind::changed;
    change.before = found->second;
    went.erase(found->second);
    by_key.erase(found);
  }
}

/// Which paths of the closure reach one of `changed`, other than themselves.
std::set<std::string_view> referrers(const Closure& closure,
                                     const std::set<std::string_view>& changed) {
  std::vector<std::vector<std::size_t>> referrers_of(closure.nodes.size());
  std::deque<std::size_t> waiting;
  for (std::size_t id = 0; id < closure.nodes.size(); ++id) {
    for (const std::size_t to : closure.nodes[id].references) referrers_of[to].push_back(id);
    if (changed.contains(closure.nodes[id].path)) waiting.push_back(id);
  }
  std::set<std::string_view> found;
  for (; !waiting.empty(); waiting.pop_front()) {
    for (const std::size_t id : referrers_of[waiting.front()]) {
      if (found.insert(closure.nodes[id].path).second) waiting.push_back(id);
    }
  }
  return found;
}

}  // namespace

ImageDiff diff_images(const std::vector<ComparedLayer>& before,
                      const std::vector<ComparedLayer>& after, const Closure& closure) {
  ImageDiff diff{.sent = lacking(after, before), .gone = lacking(before, after)};
  for (const std::size_t place : diff.sent) diff.sent_size += after[place].size;
  const Places old_places = places_of(before);
  const Places new_places = places_of(after);
  const std::set<std::size_t> sent(diff.sent.begin(), diff.sent.end());

  std::set<std::string_view> changed;
  for (const auto& [path, placed] : new_places) {
    const auto old = old_places.find(path);
    if (old == old_places.end()) {
      changed.insert(path);
      diff.paths.push_back({.kind = Kind::came,
                            .path = std::string(path),
                            .layer = placed.layer,
                            .size = placed.size});
    }
  }
  Places went = old_places;
  std::erase_if(went, [&](const auto& one) { return new_places.contains(one.first); });
  pair_by([](std::string_view name) { return name; }, diff.paths, went);
  pair_by(without_version, diff.paths, went);
  const std::set<std::string_view> referring = referrers(closure, changed);
  for (PathChange& change : diff.paths) {
    change.refers_to_changed = referring.contains(change.path);
    if (!sent.contains(change.layer)) continue;
    (change.refers_to_changed ? diff.why.referring : diff.why.changed) += change.size;
  }
  for (const auto& [path, placed] : new_places) {
    const auto old = old_places.find(path);
    if (old == old_places.end() || !sent.contains(placed.layer)) continue;
    diff.why.unchanged += placed.size;
    if (old->second.layer == placed.layer) continue;
    diff.paths.push_back({.kind = Kind::moved,
                          .path = std::string(path),
                          .layer = placed.layer,
                          .size = placed.size});
  }
  for (const auto& [path, placed] : went) {
    diff.paths.push_back({.kind = Kind::went,
                          .path = std::string(path),
                          .layer = placed.layer,
                          .size = placed.size});
  }
  std::ranges::sort(diff.paths, [](const PathChange& a, const PathChange& b) {
    return std::tie(a.kind, a.layer, a.path) < std::tie(b.kind, b.layer, b.path);
  });
  return diff;
}

std::string_view name_of_store_path(std::string_view path) {
  constexpr std::size_t hash_length = 32;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const bool has_hash = name.size() > hash_length + 1 && name[hash_length] == '-';
  return has_hash ? name.substr(hash_length + 1) : name;
}

}  // namespace n2c
