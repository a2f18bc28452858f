#pragma once
/// OCI image layouts (image-spec image-layout.md): folders that hold many images by digest,
/// named in index.json.
///
/// Writing never breaks a layout. Blobs are written beside and renamed, index.json is replaced in
/// one step under a lock, and everything is fsynced: blobs as one batch, before index.json names
/// them. Several writers, of this process or others,
/// may write one layout at a time; readers need no lock.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "layout/blob_file.h"
#include "layout/read_only_files.h"
#include "transfer/blob_store.h"
#include "transfer/image_source.h"

namespace n2c {

/// Writes a layout, and creates what is missing of it. Tags are written as
/// org.opencontainers.image.ref.name. A tag that is there already moves to the new manifest. Other
/// entries and every blob stay.
class LayoutStore final : public BlobStore {
 public:
  /// Throws Error{input} when the folder holds something else than a layout, or when a file or
  /// folder of the layout is a link (the folder itself may be one). Throws Error{local}.
  explicit LayoutStore(std::filesystem::path folder, BlobTrust trust = BlobTrust::size);

  std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token stop) override;
  PutBlob put(const ByteSource& bytes, std::string media_type, std::optional<oci::Descriptor> known,
              std::atomic<std::uint64_t>& sent, std::stop_token stop) override;
  ManifestOutcome put_manifest(const oci::Descriptor& manifest, std::string_view json,
                               std::span<const std::string> tags, std::stop_token stop) override;
  ManifestOutcome put_listed(const oci::Descriptor& manifest, std::string_view json,
                             std::stop_token stop) override;

 private:
  BlobPlace place();

  std::filesystem::path folder_;
  BlobTrust trust_;
  FileBatch batch_;  // all that index.json is about to name
};

/// Reads a layout from a folder or an archive.
class LayoutSource final : public ImageSource {
 public:
  /// With an empty `tag` and no `digest` it is the only image of the layout.
  LayoutSource(std::unique_ptr<ReadOnlyFiles> files, std::string tag,
               std::optional<oci::Digest> digest);

  std::string str() const override;
  oci::RawManifest root(std::stop_token stop) override;
  oci::RawManifest manifest(const oci::Descriptor& descriptor, std::stop_token stop) override;
  std::optional<bool> holds(const oci::Descriptor& one) const override;
  std::unique_ptr<Reader> open_blob(const oci::Descriptor& blob, std::stop_token stop) override;

 private:
  std::unique_ptr<ReadOnlyFiles> files_;
  std::string tag_;
  std::optional<oci::Digest> digest_;
};

/// index.json with the manifest added under each tag, or untagged when there is none. Everything
/// else in it stays as it is written, unknown members too. An empty `index_json` gives a new index.
Parsed<std::string> with_manifest(std::string_view index_json, const oci::Descriptor& manifest,
                                  std::span<const std::string> tags);

}  // namespace n2c
