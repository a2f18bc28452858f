#pragma once
/// Blobs that are sent side by side: few large ones, many small ones.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>

namespace n2c {

/// What a blob up to this size costs is its requests and not its bytes.
inline constexpr std::uint64_t light_blob_bytes = 256 << 10;

/// How many blobs are sent at once.
struct LaneWidths {
  std::size_t heavy = 5;   ///< bounds the bytes in flight
  std::size_t light = 32;  ///< blobs of at most light_blob_bytes, beside the heavy ones
};

/// Calls work(index, stop) for every size, in two lanes beside one another, each in the order that
/// is given. Ends as run_side_by_side() does.
void run_in_lanes(std::span<const std::uint64_t> sizes, LaneWidths widths, std::stop_token outer,
                  const std::function<void(std::size_t, std::stop_token)>& work);

}  // namespace n2c
