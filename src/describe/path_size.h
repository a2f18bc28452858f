#pragma once
/// How much of a layer a store path takes.

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "image/image_json.h"

namespace n2c {

/// The size of a tar of this path alone, in bytes: a header for each file, and its contents in
/// whole blocks. Extended headers and the folders above are not counted. Nothing when the path is
/// not there or cannot be looked at.
std::optional<std::uint64_t> path_size(std::string_view path, const StoreView& store);

/// The same for many, on all processors, in their order.
std::vector<std::optional<std::uint64_t>> path_sizes(const std::vector<std::string>& paths,
                                                     const StoreView& store,
                                                     const std::stop_token& stop);

}  // namespace n2c
