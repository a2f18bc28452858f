#pragma once
/// Lines in a file that many processes add to: none is lost to another, half a line is none.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace n2c {

/// The payloads of the lines whose checksum is theirs, oldest first. Empty when there is no
/// such file, it cannot be read, or it does not begin as ours does. Never throws Error.
std::vector<std::string> read_cache_lines(const std::filesystem::path& file,
                                          std::uint64_t max_bytes);

/// Adds lines under the file's lock, making the file and its folder when they are missing; a
/// file that is not ours is begun anew. Past `max_bytes` repeated lines and then the older half are
/// dropped. False when it could not be done: no right to write, no room, or the lock is
/// held for longer than a second.
bool add_cache_lines(const std::filesystem::path& file, const std::vector<std::string>& payloads,
                     std::uint64_t max_bytes);

}  // namespace n2c
