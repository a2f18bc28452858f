#pragma once
/// One image in a folder (skopeo's dir: transport, docs/format.md A9.3): manifest.json, each blob
/// under its digest's hex, and a file named version. image-from-dir reads it.
///
/// An index is written as manifest.json too, and each manifest that it names as HEX.manifest.json.

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/file_lock.h"
#include "base/locked.h"
#include "layout/blob_file.h"
#include "layout/read_only_files.h"
#include "transfer/blob_store.h"
#include "transfer/image_source.h"

namespace n2c {

/// Whether a dir: folder may hold a file of that name, a half-written one included.
bool is_dir_store_file(std::string_view name);

/// Writes one image. manifest.json is replaced last and in one step, so the folder holds the old
/// image until then. Files that only the old image needed are removed afterwards.
class DirStore final : public BlobStore {
 public:
  /// Throws Error{input} when the folder is neither empty nor a dir: folder, or when one of its
  /// files is a link (the folder itself may be one). Throws Error{local}.
  explicit DirStore(std::filesystem::path folder, BlobTrust trust = BlobTrust::size);

  std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token stop) override;
  PutBlob put(const ByteSource& bytes, std::string media_type, std::optional<oci::Descriptor> known,
              std::atomic<std::uint64_t>& sent, std::stop_token stop) override;
  /// Ignores the tags.
  ManifestOutcome put_manifest(const oci::Descriptor& manifest, std::string_view json,
                               std::span<const std::string> tags, std::stop_token stop) override;
  ManifestOutcome put_listed(const oci::Descriptor& manifest, std::string_view json,
                             std::stop_token stop) override;

 private:
  BlobPlace place();
  void keep(const std::string& file);
  void remove_others();

  std::filesystem::path folder_;
  BlobTrust trust_;
  std::optional<FolderLock> lock_;      ///< one writer alone
  Locked<std::set<std::string>> kept_;  ///< names of this image's files
  FileBatch batch_;                     ///< all but manifest.json; it ends before the lock does
};

/// Reads such a folder.
class DirSource final : public ImageSource {
 public:
  explicit DirSource(std::filesystem::path folder) : files_(std::move(folder)) {}
  std::string str() const override { return "dir:" + files_.str(); }
  oci::RawManifest root(std::stop_token stop) override;
  oci::RawManifest manifest(const oci::Descriptor& descriptor, std::stop_token stop) override;
  std::unique_ptr<Reader> open_blob(const oci::Descriptor& blob, std::stop_token stop) override;

 private:
  FolderFiles files_;
};

}  // namespace n2c
