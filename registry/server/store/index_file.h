#pragma once
/// Reads and writes a layout's index.json of any length, one entry at a time (image-layout.md).

#include <filesystem>
#include <functional>

#include "oci/manifest.h"

namespace n2c::registry {

/// Calls `each` with every entry, in order. It accepts what any writer wrote, and its memory does
/// not grow with the number of entries. Throws Error{local} when the file cannot be read, is not a
/// regular file (a link, a FIFO), or is not an index.
void read_index_file(const std::filesystem::path& file,
                     const std::function<void(const oci::Descriptor&)>& each);

/// Replaces the file by one with the entries that `list` gives, once that is on the disk. A link, a
/// pipe or a device in its place is replaced too, and not written to. Throws Error{local}; then
/// nothing was changed.
using EntryWriter = std::function<void(const oci::Descriptor&)>;
void write_index_file(const std::filesystem::path& file,
                      const std::function<void(const EntryWriter&)>& list);

}  // namespace n2c::registry
