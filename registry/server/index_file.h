#pragma once
/// A layout's index.json of any length, an entry at a time (image-layout.md).

#include <filesystem>
#include <functional>

#include "oci/manifest.h"

namespace n2c::registry {

/// Calls `each` with every entry, in order. Takes what any writer wrote, in memory that does not
/// grow with the number of entries. Throws Error{local} when the file cannot be read, is no regular
/// file (a link, a FIFO), or is no index.
void read_index_file(const std::filesystem::path& file,
                     const std::function<void(const oci::Descriptor&)>& each);

/// Replaces the file by one that lists what `list` hands on, once it is on the disk. Throws
/// Error{local}; then nothing was changed.
using EntryWriter = std::function<void(const oci::Descriptor&)>;
void write_index_file(const std::filesystem::path& file,
                      const std::function<void(const EntryWriter&)>& list);

}  // namespace n2c::registry
