#pragma once
/// The store paths in a layer, as its tar shows them.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/stream.h"
#include "describe/image_diff.h"

namespace n2c {

/// Of an image. A bill has some KiB about each, and a layer of a few MiB can name millions.
constexpr std::size_t most_held_paths = 50'000;

Error too_many_paths(std::string_view name);

/// Those below nix/store in a plain tar, in order, each once, with its size as path_size() has it.
/// Reads to the end. `name` is for people: "layer 3". Throws as TarEntries does, and
/// too_many_paths().
std::vector<SizedPath> held_paths(std::unique_ptr<Reader> plain, const std::string& name);

}  // namespace n2c
