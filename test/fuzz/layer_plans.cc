// Closure graphs, perms.json, rewrites.json and layer lists: no path is lost or doubled on its way
// into layers, each comes after what refers to it, and rules give every file one place.
//
// Texts, 0xff between: the graph, perms.json, rewrites.json, the lists of --layers-json.

#include <set>
#include <vector>

#include "base/text.h"
#include "describe/closure.h"
#include "describe/layer_plan.h"
#include "image/file_rules.h"
#include "test/fuzz/checks.h"

using namespace n2c;

namespace {

using fuzz::require;

void check_order(const Closure& closure, const std::vector<std::size_t>& order) {
  std::vector<std::size_t> place(closure.nodes.size(), closure.nodes.size());
  require(order.size() == closure.nodes.size(), "each path once");
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  for (std::size_t id = 0; id < closure.nodes.size(); ++id) {
    require(place[id] < closure.nodes.size(), "each path has a place");
    for (const std::size_t to : closure.nodes[id].references) {
      require(place[id] < place[to], "a path comes after what refers to it");
    }
  }
}

std::multiset<std::string> names_of(const std::vector<std::vector<StorePath>>& layers) {
  std::multiset<std::string> names;
  for (const auto& layer : layers) {
    for (const StorePath& one : layer) names.insert(one.path);
  }
  return names;
}

void apply_rules(const StorePath& path) {
  fuzz::ends_fairly([&] {
    const FileRules rules(path);
    for (const char* below : {"", "/bin/sh", "/etc/passwd"}) {
      const std::string source = path.path + below;
      const std::string to = rules.destination(source);
      require(to == rules.destination(source), "a file has one place");
      go::TarHeader header;
      header.name = to;
      header.mode = 0444;
      rules.apply_perms(source, header);
      std::string bytes;
      go::append_tar_header(header, bytes);  // or says why not
    }
  });
}

void split(const std::vector<StorePath>& paths, const std::vector<std::string>& closure,
           std::string_view lists) {
  for (const std::int64_t most : {0, 1, 3}) {
    const auto layers = split_by_order(paths, most);
    require(most == 0 || layers.size() <= static_cast<std::size_t>(most), "at most so many layers");
    require(names_of(layers) == names_of({paths}), "no path is lost or doubled");
  }
  const auto read = read_layer_lists(lists);
  if (!read) return;
  const auto listed = split_by_lists(paths, *read, closure);
  if (listed) require(names_of(*listed) == names_of({paths}), "nor where lists say the layers");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > (8 << 10)) return -1;
  fuzz::Input input(bytes, size);
  const std::string_view graph = input.text_until('\xff');
  const std::string_view perms = input.text_until('\xff');
  const std::string_view rewrites = input.text_until('\xff');
  const auto closure = parse_closure_graph(graph);
  if (!closure) {
    require(!closure.error().empty(), "an error says what is wrong");
    return 0;
  }
  SelectionRules rules;
  read_perms(perms, rules);
  read_rewrites(rewrites, rules);
  fuzz::ends_fairly([&] {
    check_order(*closure, referrers_first(*closure));
    std::vector<std::string> ordered;
    for (const std::size_t id : by_popularity(*closure)) ordered.push_back(closure->nodes[id].path);
    require(ordered.size() == closure->nodes.size(), "each path has its popularity");
    const auto paths = select_paths(ordered, rules, {}, [](std::string_view) {});
    for (const std::string& line : find_warnings(paths))
      require(!line.empty(), "a warning has words");
    for (std::size_t i = 0; i < std::min<std::size_t>(paths.size(), 4); ++i) apply_rules(paths[i]);
    split(paths, ordered, input.rest());
  });
  return 0;
}
