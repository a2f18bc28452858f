#pragma once
/// Bytes that come once and in order, from what the user named.

#include <filesystem>
#include <memory>
#include <stop_token>

#include "base/stream.h"

namespace n2c {

/// Whether the user named such bytes: "-" and /dev/stdin, a FIFO, a socket, a device.
bool is_stream(const std::filesystem::path& path);

/// Reads them. It waits for a writer and for what that writes, however long, but no longer than
/// until the stop: then reading throws Error{cancelled}. Throws Error{local} when they cannot be
/// opened or read. The reader may be used by any thread, by one at a time.
std::unique_ptr<Reader> open_stream(const std::filesystem::path& path, const std::stop_token& stop);

}  // namespace n2c
