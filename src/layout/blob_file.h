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
#include "layout/file_batch.h"
#include "oci/manifest.h"

namespace n2c {

/// Where blobs become files.
struct BlobPlace {
  std::filesystem::path beside;  ///< the folder of unfinished files; on the same file system
  std::function<std::filesystem::path(const oci::Digest&)> final_path;
  FileBatch& batch;  ///< what names the blobs is written after its finish()
};

/// Reads `bytes` into a file that gets its final name once it is whole, right and fsynced, which
/// may be after this returns. The rules are those of BlobStore::put(). On any failure nothing is
/// left.
oci::Descriptor put_blob_file(const BlobPlace& place, const ByteSource& bytes,
                              std::string media_type, const std::optional<oci::Descriptor>& known,
                              std::atomic<std::uint64_t>& sent, std::stop_token stop);

/// The same for a manifest, index or config that is in memory.
void put_blob_file(const BlobPlace& place, const oci::Digest& digest, std::string_view bytes);

/// When a blob that has a file already counts as being there.
enum class BlobTrust {
  size,    ///< it has its size
  digest,  ///< it is read, and has its digest (--verify)
};

/// Whether the file of that name is the blob; `trust` says how much is checked. Throws as
/// require_own_file().
bool holds_blob(const std::filesystem::path& path, const oci::Descriptor& blob, BlobTrust trust,
                const std::stop_token& stop);

/// Checks that a name inside a blob store, which is about to be written to, is a regular file (a
/// folder) or nothing yet. Throws Error{input} for everything else, and for every link.
void require_own_file(const std::filesystem::path& path);
void require_own_folder(const std::filesystem::path& path);

/// Writes or replaces such a file, fsynced. Readers see the old file or the new one.
void write_own_file(const std::filesystem::path& path, std::string_view bytes);
/// The same, as one of a batch.
void write_own_file(FileBatch& batch, const std::filesystem::path& path, std::string_view bytes);

}  // namespace n2c
