#pragma once
/// Files that the user named: whether they are there, and bytes that come once and in order.

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string_view>

#include "base/stream.h"

namespace n2c {

/// Throws Error{input} where there is no such file, or a folder. `option` names it in the error:
/// "--attach"; empty: the file's name says enough.
void require_input(const std::filesystem::path& file, std::string_view option);

/// Whether the user named bytes that come once: "-" and /dev/stdin, a FIFO, a socket, a device.
bool is_stream(const std::filesystem::path& path);

/// Reads them. It waits for a writer and for what that writes, however long, but no longer than
/// until the stop: then reading throws Error{cancelled}. Throws Error{local} when they cannot be
/// opened or read. The reader may be used by any thread, by one at a time.
std::unique_ptr<Reader> open_stream(const std::filesystem::path& path, const std::stop_token& stop);

}  // namespace n2c
