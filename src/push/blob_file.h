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

/// What makes a blob that is there already count as there.
enum class BlobTrust {
  size,    ///< it has its size
  digest,  ///< it is read, and has its digest (--verify)
};

/// Whether the file of that name is the blob, as far as `trust` asks. Throws as require_own_file().
bool holds_blob(const std::filesystem::path& path, const oci::Descriptor& blob, BlobTrust trust,
                const std::stop_token& stop);

/// A name inside a store that is about to be written to stands for a regular file (a folder), or
/// for nothing yet. Throws Error{input} for a link, whatever it leads to, and for all else.
void require_own_file(const std::filesystem::path& path);
void require_own_folder(const std::filesystem::path& path);

/// Writes or replaces such a file, fsynced; readers see the old one or the new one.
void write_own_file(const std::filesystem::path& path, std::string_view bytes);

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
