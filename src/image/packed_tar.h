#pragma once
/// The entries of a plain tar that another program packed, such as tar under fakeroot: their
/// owners, modes and attributes, and where in the tar their bytes are.

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "go/archive_tar.h"

namespace n2c {

struct PackedFile {
  /// Its name is clean and begins with "/". A hard link is the file that it names. The time is that
  /// of every file in a layer. Of extended attributes all are kept.
  go::TarHeader header;
  std::uint64_t data_at = 0;  ///< from the start of the tar; header.size bytes
};

/// Every header, in order; no content is read. USTAR, PAX and GNU's form are read. "." itself is
/// passed over. Throws Error{input}, which names `path` and the entry, for what is no plain tar,
/// for one that is cut, and for what no layer has: devices, FIFOs, sparse files, names with "..",
/// and hard links to what did not come before. Throws Error{local} when it cannot be read.
std::vector<PackedFile> read_packed_tar(const FileDescriptor& tar, const std::string& path);

}  // namespace n2c
