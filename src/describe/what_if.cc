#include "describe/what_if.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace n2c {

namespace {

using PathSet = std::vector<std::size_t>;

/// Which layers hold each path, by the path's number.
class Layers {
 public:
  explicit Layers(const std::vector<WeighedLayer>& layers) : layers_(layers) {
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
      for (const std::string& path : layers[layer].paths) {
        const auto [place, is_new] = numbers_.try_emplace(path, paths_.size());
        if (is_new) paths_.push_back(path);
        if (is_new) holders_.emplace_back();
        holders_[place->second].push_back(layer);
      }
    }
  }

  const std::vector<std::string>& paths() const { return paths_; }
  std::optional<std::size_t> number_of(const std::string& path) const {
    const auto found = numbers_.find(path);
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
  }

  /// Changes each path in its turn; changed_with(number) is all that changes then.
  Resent change_each(const std::function<PathSet(std::size_t)>& changed_with) const {
    Resent resent;
    std::uint64_t sum = 0;
    for (std::size_t path = 0; path < paths_.size(); ++path) {
      const std::uint64_t cost = size_of_holders(changed_with(path));
      sum += cost;
      if (cost <= resent.worst) continue;
      resent.worst = cost;
      resent.worst_path = paths_[path];
    }
    if (!paths_.empty()) resent.mean = sum / paths_.size();
    return resent;
  }

 private:
  std::uint64_t size_of_holders(const PathSet& changed) const {
    std::vector<bool> counted(layers_.size());
    std::uint64_t size = 0;
    for (const std::size_t path : changed) {
      for (const std::size_t layer : holders_[path]) {
        if (!counted[layer]) size += layers_[layer].size;
        counted[layer] = true;
      }
    }
    return size;
  }

  const std::vector<WeighedLayer>& layers_;
  std::vector<std::string> paths_;
  std::vector<std::vector<std::size_t>> holders_;
  std::unordered_map<std::string, std::size_t> numbers_;
};

/// Who refers to each node, by id.
std::vector<PathSet> referrers_of(const Closure& closure) {
  std::vector<PathSet> referrers(closure.nodes.size());
  for (std::size_t id = 0; id < closure.nodes.size(); ++id) {
    for (const std::size_t to : closure.nodes[id].references) referrers[to].push_back(id);
  }
  return referrers;
}

/// `start` and all that reach it.
PathSet reaching(std::size_t start, const std::vector<PathSet>& referrers) {
  std::vector<bool> seen(referrers.size());
  PathSet found{start};
  seen[start] = true;
  for (std::size_t at = 0; at < found.size(); ++at) {
    for (const std::size_t id : referrers[found[at]]) {
      if (!seen[id]) found.push_back(id);
      seen[id] = true;
    }
  }
  return found;
}

}  // namespace

Resent resent_alone(const std::vector<WeighedLayer>& layers) {
  return Layers(layers).change_each([](std::size_t path) { return PathSet{path}; });
}

Resent resent_with_referrers(const std::vector<WeighedLayer>& layers, const Closure& closure) {
  const Layers by_path(layers);
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t id = 0; id < closure.nodes.size(); ++id) ids.emplace(closure.nodes[id].path, id);
  const auto referrers = referrers_of(closure);
  return by_path.change_each([&](std::size_t path) -> PathSet {
    const auto id = ids.find(by_path.paths()[path]);
    if (id == ids.end()) return {path};
    PathSet changed;
    for (const std::size_t one : reaching(id->second, referrers)) {
      if (const auto number = by_path.number_of(closure.nodes[one].path))
        changed.push_back(*number);
    }
    return changed;
  });
}

}  // namespace n2c
