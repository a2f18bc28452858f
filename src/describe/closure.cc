#include "describe/closure.h"

#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "go/encoding_json.h"
#include "image/image_json.h"

namespace n2c {

namespace {

using go::Json;

struct Entry {
  std::string path;
  std::vector<std::string> references;
  std::uint64_t nar_size = 0;
};

/// Whatever else is in its place is passed over, as upstream does.
go::Decoded decode_size(const Json& json, std::uint64_t& size) {
  size = static_cast<std::uint64_t>(std::max<std::int64_t>(0, json.as_int().value_or(0)));
  return {};
}

go::Decoded decode_entry(const Json& json, Entry& entry) {
  const auto decode_text = [](const Json& v, std::string& text) { return go::decode(v, text); };
  return go::decode_object(
      json, "a closure graph entry",
      {{"path", [&](const Json& v) { return go::decode(v, entry.path); }},
       {"narSize", [&](const Json& v) { return decode_size(v, entry.nar_size); }},
       {"references", [&](const Json& v) {
          return go::decode_list<std::string>(v, entry.references, decode_text);
        }}});
}

/// Gives every distinct path its id when it is first seen.
class Numbering {
 public:
  explicit Numbering(Closure& closure) : closure_(closure) {}

  std::size_t id_of(const std::string& path) {
    const auto [place, is_new] = ids_.try_emplace(path, closure_.nodes.size());
    if (is_new) closure_.nodes.push_back({path, {}, 0});
    return place->second;
  }

 private:
  Closure& closure_;
  std::unordered_map<std::string, std::size_t> ids_;
};

using Components = std::vector<std::vector<std::size_t>>;

/// Strongly connected components by Tarjan's algorithm, without recursion: a hostile graph
/// may be one long chain.
class ComponentSearch {
 public:
  explicit ComponentSearch(const Closure& closure)
      : closure_(closure), order_(closure.nodes.size()), low_(closure.nodes.size()) {}

  /// The components of more than one path, each sorted. Referrers come first.
  Components cyclic() {
    for (std::size_t id = 0; id < order_.size(); ++id) {
      if (order_[id] == 0) visit(id);
    }
    std::ranges::reverse(found_);
    return std::move(found_);
  }

 private:
  struct Frame {
    std::size_t id, next_reference;
  };

  void enter(std::size_t id) {
    order_[id] = low_[id] = ++count_;
    open_.push_back(id);
    frames_.push_back({id, 0});
  }

  void visit(std::size_t root) {
    enter(root);
    while (!frames_.empty()) {
      auto& [id, next] = frames_.back();
      if (next == closure_.nodes[id].references.size()) {
        leave(id);
        continue;
      }
      const std::size_t reference = closure_.nodes[id].references[next++];
      if (order_[reference] == 0) {
        enter(reference);
      } else if (order_[reference] != closed) {
        low_[id] = std::min(low_[id], order_[reference]);
      }
    }
  }

  void leave(std::size_t id) {
    frames_.pop_back();
    if (!frames_.empty()) low_[frames_.back().id] = std::min(low_[frames_.back().id], low_[id]);
    if (low_[id] != order_[id]) return;
    const auto first = std::ranges::find(open_, id);
    std::vector<std::size_t> component(first, open_.end());
    open_.erase(first, open_.end());
    for (const std::size_t one : component) order_[one] = closed;
    if (component.size() < 2) return;
    std::ranges::sort(component);
    found_.push_back(std::move(component));
  }

  static constexpr std::size_t closed = static_cast<std::size_t>(-1);
  const Closure& closure_;
  std::vector<std::size_t> order_, low_, open_;  // order_: 0 unseen
  std::vector<Frame> frames_;
  std::size_t count_ = 0;
  Components found_;
};

/// docs/format.md F1.2
Error cycle_error(const Closure& closure) {
  const Components cyclic = ComponentSearch(closure).cyclic();
  const auto& first = cyclic.front();
  std::size_t others = 0;
  for (const auto& component : cyclic) others += component.size();
  others -= 2;
  const std::string more = others == 0 ? "" : cat(", and ", others, " more are in such circles");
  return {
      ErrorKind::input,
      cat(printable(closure.nodes[first[0]].path), " and ", printable(closure.nodes[first[1]].path),
          " refer to each other, directly or not", more),
      "no Nix store has such paths: the closure graph was not made by Nix, or altered"};
}

}  // namespace

Parsed<Closure> parse_closure_graph(std::string_view text) {
  const auto json = Json::parse_as_go(text);
  if (!json) return std::unexpected(json.error());
  std::vector<Entry> entries;
  if (const auto wrong = go::decode_list<Entry>(*json, entries, decode_entry)) {
    return std::unexpected(wrong->str());
  }
  Closure closure;
  Numbering numbering(closure);
  for (const Entry& entry : entries) {
    const std::size_t id = numbering.id_of(entry.path);
    if (entry.nar_size != 0) closure.nodes[id].nar_size = entry.nar_size;
    for (const std::string& reference : entry.references) {
      const std::size_t to = numbering.id_of(reference);
      if (to != id) closure.nodes[id].references.push_back(to);
    }
  }
  for (Closure::Node& node : closure.nodes) {
    std::ranges::sort(node.references);
    const auto repeated = std::ranges::unique(node.references);
    node.references.erase(repeated.begin(), repeated.end());
  }
  return closure;
}

Closure read_closure_graph(const std::string& file) {
  auto closure = parse_closure_graph(read_description(file));
  if (closure) return *std::move(closure);
  throw Error(ErrorKind::input, cat(printable(file), ": ", closure.error()),
              "a closure graph is a list of {path, references}, as nix path-info or "
              "exportReferencesGraph give it");
}

std::vector<std::size_t> referrers_first(const Closure& closure) {
  std::vector<std::size_t> referrers(closure.nodes.size());
  for (const Closure::Node& node : closure.nodes) {
    for (const std::size_t to : node.references) ++referrers[to];
  }
  std::vector<std::size_t> order;
  for (std::size_t id = 0; id < closure.nodes.size(); ++id) {
    if (referrers[id] == 0) order.push_back(id);
  }
  for (std::size_t at = 0; at < order.size(); ++at) {
    for (const std::size_t to : closure.nodes[order[at]].references) {
      if (--referrers[to] == 0) order.push_back(to);
    }
  }
  if (order.size() < closure.nodes.size()) throw cycle_error(closure);
  return order;
}

std::vector<std::size_t> by_popularity(const Closure& closure) {
  std::vector<std::uint64_t> score(closure.nodes.size(), 1);  // wraps as Go's int64 does
  std::vector<std::size_t> order = referrers_first(closure);
  for (const std::size_t id : order) {
    for (const std::size_t to : closure.nodes[id].references) score[to] += score[id];
  }
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const auto score_a = static_cast<std::int64_t>(score[a]);
    const auto score_b = static_cast<std::int64_t>(score[b]);
    return score_a != score_b ? score_a > score_b : a > b;
  });
  return order;
}

}  // namespace n2c
