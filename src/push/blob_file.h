#pragma once
/// Blobs as files of a local store: written beside, verified, and then given their name.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/stream.h"
#include "oci/manifest.h"

namespace n2c {

/// Where blobs become files.
struct BlobPlace {
  std::filesystem::path beside;  ///< the folder of what is not whole yet; same file system
  std::function<std::filesystem::path(const oci::Digest&)> final_path;
};

/// Reads `bytes` into a file that gets its final name when whole and right, fsynced. The rules
/// are BlobStore::put()'s; on any failure nothing is left.
oci::Descriptor put_blob_file(const BlobPlace& place, const ByteSource& bytes,
                              std::string media_type, const std::optional<oci::Descriptor>& known,
                              std::atomic<std::uint64_t>& sent, std::stop_token stop);

/// The same for a manifest, index or config at hand.
void put_blob_file(const BlobPlace& place, const oci::Digest& digest, std::string_view bytes);

/// Whether there is a regular file with that many bytes.
bool has_file_of_size(const std::filesystem::path& path, std::uint64_t size);

/// Marks a folder as being written to by one writer alone, as long as it lives, by an flock on the
/// folder.
class WriterMark {
 public:
  /// Waits until no one else writes there. Throws Error{local} when the folder cannot be opened.
  explicit WriterMark(const std::filesystem::path& folder);

 private:
  FileDescriptor folder_;
};

}  // namespace n2c
