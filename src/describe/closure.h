#pragma once
/// A closure graph: store paths and what they refer to (docs/format.md F1, F2).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace n2c {

/// Store paths, numbered in the order in which the graph's file first names them. An entry's own
/// path comes before its references (docs/format.md F1.1).
struct Closure {
  struct Node {
    std::string path;
    std::vector<std::size_t> references;  ///< ids, each once, never its own
    std::uint64_t nar_size = 0;           ///< as Nix has it; 0 where the graph does not say
  };
  std::vector<Node> nodes;
};

/// An array of {path, references, …}; the error says where.
Parsed<Closure> parse_closure_graph(std::string_view text);
/// The graph in a file that the user named; it may be a pipe. Throws Error{input} that names the
/// file, with what a closure graph is as its hint.
Closure read_closure_graph(const std::string& file);

/// The ids in an order in which each path comes after all paths that refer to it. Throws
/// Error{input} that names two paths when some refer to each other in a circle (docs/format.md
/// F1.2).
std::vector<std::size_t> referrers_first(const Closure& closure);

/// The ids, the most popular path first. Popularity is the number of chains of references that end
/// at the path, in Go's wrapping int64. Among equals the higher id comes first (docs/format.md F2).
/// Throws as referrers_first().
std::vector<std::size_t> by_popularity(const Closure& closure);

}  // namespace n2c
