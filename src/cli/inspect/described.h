#pragma once
/// n2c inspect of an image.json.

#include <cstddef>
#include <stop_token>
#include <string>

namespace n2c::cli {

struct DescribedArguments {
  std::string image, store_root, closure_graph;
  std::size_t layer = 0;  ///< the one whose paths are listed, from 1; 0: none
  bool json = false, what_if = false;
};

/// Prints what the image.json holds. Returns the exit code; throws Error.
int inspect_described(const DescribedArguments& arguments, const std::stop_token& stop);

}  // namespace n2c::cli
