#pragma once
/// The store paths in a layer, as its tar shows them.

#include <memory>
#include <string>
#include <vector>

#include "base/stream.h"
#include "describe/image_diff.h"

namespace n2c {

/// Those below nix/store in a plain tar, in order, each once, with its size as path_size() has it.
/// Reads to the end. `name` is for people: "layer 3". Throws as TarEntries does.
std::vector<SizedPath> held_paths(std::unique_ptr<Reader> plain, const std::string& name);

}  // namespace n2c
