#include "describe/size_strategy.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <string_view>
#include <tuple>
#include <unordered_map>

namespace n2c {

namespace {

constexpr std::size_t max_groups = 1000;  // the search takes the square of it, and more

/// A set of small numbers.
class BitSet {
 public:
  explicit BitSet(std::size_t limit) : words_((limit + 63) / 64) {}

  void add(std::size_t number) { words_[number / 64] |= std::uint64_t{1} << (number % 64); }
  void add(const BitSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  std::size_t count() const {
    std::size_t bits = 0;
    for (const std::uint64_t word : words_) bits += static_cast<std::size_t>(std::popcount(word));
    return bits;
  }
  std::size_t count_with(const BitSet& other) const {
    std::size_t bits = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      bits += static_cast<std::size_t>(std::popcount(words_[i] | other.words_[i]));
    }
    return bits;
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// A layer in the making.
struct Group {
  std::vector<std::size_t> members;  ///< places in the given paths
  std::uint64_t size = 0;
  BitSet reached;  ///< whose change touches it: all that its members refer to
  std::size_t reached_count = 0;

  /// Changes, of both kinds.
  std::uint64_t touched_by() const { return members.size() + reached_count; }
  std::uint64_t cost() const { return size * touched_by(); }
  void take(const Group& other) {
    members.insert(members.end(), other.members.begin(), other.members.end());
    size += other.size;
    reached.add(other.reached);
  }
};

/// /nix/store/HASH-NAME without the hash.
std::string_view plain_name(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  const auto dash = path.find('-');
  return dash == std::string_view::npos ? path : path.substr(dash + 1);
}

/// What each node refers to, directly or not, and itself.
std::vector<BitSet> reached_from(const Closure& closure) {
  std::vector<BitSet> reached(closure.nodes.size(), BitSet(closure.nodes.size()));
  const auto order = referrers_first(closure);
  std::for_each(order.rbegin(), order.rend(), [&](std::size_t id) {
    reached[id].add(id);
    for (const std::size_t to : closure.nodes[id].references) reached[id].add(reached[to]);
  });
  return reached;
}

class Grouping {
 public:
  explicit Grouping(std::vector<Group> groups) : groups_(std::move(groups)), best_(groups_.size()) {
    for (std::size_t i = 0; i < groups_.size(); ++i) find_best(i);
  }

  /// Merges until there are that many.
  std::vector<Group> reduce_to(std::size_t count) {
    for (std::size_t left = groups_.size(); left > count; --left) merge_cheapest();
    std::erase_if(groups_, [](const Group& group) { return group.members.empty(); });
    return std::move(groups_);
  }

 private:
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
  struct Best {
    std::size_t partner = 0;  ///< a later group
    std::uint64_t cost = none;
  };

  bool is_gone(std::size_t i) const { return groups_[i].members.empty(); }

  /// How much more the union costs than its parts, if `reached` changes touch it by way of
  /// referrers.
  static std::uint64_t union_cost(const Group& a, const Group& b, std::size_t reached) {
    return (a.size + b.size) * (a.members.size() + b.members.size() + reached) - a.cost() -
           b.cost();
  }

  void find_best(std::size_t i) {
    best_[i] = {};
    for (std::size_t j = i + 1; j < groups_.size(); ++j) consider(i, j);
  }
  void consider(std::size_t i, std::size_t j) {
    if (is_gone(j)) return;
    const Group &a = groups_[i], &b = groups_[j];
    // The union reaches at least as much as either part. That is often enough to know that it does
    // not win.
    if (union_cost(a, b, std::max(a.reached_count, b.reached_count)) > best_[i].cost) return;
    const std::uint64_t cost = union_cost(a, b, a.reached.count_with(b.reached));
    const bool wins = cost < best_[i].cost || (cost == best_[i].cost && j < best_[i].partner);
    if (wins) best_[i] = {j, cost};
  }

  void merge_cheapest() {
    const auto cheapest = std::ranges::min_element(best_, {}, &Best::cost);
    const auto into = static_cast<std::size_t>(cheapest - best_.begin());
    const std::size_t from = cheapest->partner;
    groups_[into].take(groups_[from]);
    groups_[into].reached_count = groups_[into].reached.count();
    groups_[from].members.clear();
    best_[from] = {};
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (is_gone(i)) continue;
      const bool is_stale = i == into || best_[i].partner == from || best_[i].partner == into;
      if (is_stale) {
        find_best(i);
      } else if (i < into) {
        consider(i, into);
      }
    }
  }

  std::vector<Group> groups_;
  std::vector<Best> best_;
};

/// One group a path, in an order that does not depend on hashes.
std::vector<Group> group_each(const std::vector<StorePath>& paths,
                              const std::vector<std::uint64_t>& sizes, const Closure& closure) {
  const auto reached = reached_from(closure);
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t id = 0; id < closure.nodes.size(); ++id) ids.emplace(closure.nodes[id].path, id);
  std::vector<std::size_t> order(paths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return std::tuple(plain_name(paths[i].path), std::string_view(paths[i].path));
  });
  std::vector<Group> groups;
  for (const std::size_t i : order) {
    Group group{.members = {i},
                .size = std::bit_ceil(std::max<std::uint64_t>(sizes[i], 1)),
                .reached = reached[ids.at(paths[i].path)]};
    group.reached_count = group.reached.count();
    groups.push_back(std::move(group));
  }
  return groups;
}

/// The smallest beyond max_groups become one.
void merge_smallest(std::vector<Group>& groups) {
  if (groups.size() <= max_groups) return;
  std::ranges::stable_sort(groups, std::greater{}, &Group::size);
  Group& rest = groups[max_groups - 1];
  for (std::size_t i = max_groups; i < groups.size(); ++i) rest.take(groups[i]);
  rest.reached_count = rest.reached.count();
  groups.erase(groups.begin() + max_groups, groups.end());
}

}  // namespace

std::vector<std::vector<StorePath>> split_by_size(const std::vector<StorePath>& paths,
                                                  const std::vector<std::uint64_t>& sizes,
                                                  const Closure& closure, std::int64_t max_layers) {
  auto groups = group_each(paths, sizes, closure);
  if (max_layers > 0 && std::cmp_less(max_layers, groups.size())) {
    merge_smallest(groups);
    groups = Grouping(std::move(groups)).reduce_to(static_cast<std::size_t>(max_layers));
  }
  std::ranges::stable_sort(groups, {}, &Group::touched_by);
  std::vector<std::vector<StorePath>> layers;
  for (Group& group : groups) {
    // As given: a later path wins where two collide (docs/format.md E5.5).
    std::ranges::sort(group.members);
    auto& layer = layers.emplace_back();
    for (const std::size_t i : group.members) layer.push_back(paths[i]);
  }
  return layers;
}

}  // namespace n2c
