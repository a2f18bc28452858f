#pragma once
/// Lines in a file that many processes add to. No process loses another's lines, and a cut line
/// does not count.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace n2c {

/// The payloads of the lines whose checksum is right, oldest first. Empty when there is no such
/// file, it cannot be read, or it does not begin as our files do. Never throws Error.
std::vector<std::string> read_cache_lines(const std::filesystem::path& file,
                                          std::uint64_t max_bytes);

/// Adds lines under the file's lock. Makes the file and its folder when they are missing, and
/// begins a file anew that is not ours. Past `max_bytes` it drops repeated lines and then the older
/// half. Returns false when it could not: no right to write, less than 1 MiB of the disk is left,
/// or the lock was held for longer than a second.
bool add_cache_lines(const std::filesystem::path& file, const std::vector<std::string>& payloads,
                     std::uint64_t max_bytes);

}  // namespace n2c
