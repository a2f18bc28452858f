#pragma once
/// Pushing an image into a store of blobs: ask for everything, send what is missing,
/// make the manifest visible last.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "image/image.h"
#include "transfer/blob_store.h"
#include "transfer/plan.h"

namespace n2c {

enum class ManifestFormat { oci, docker };

/// What is to be pushed, and how.
struct PushOptions {
  std::vector<std::string> tags{};       ///< one manifest write each; none: by digest alone
  std::optional<oci::Digest> must_be{};  ///< the manifest's digest, or nothing is tagged
  Compression compression{};
  ManifestFormat format = ManifestFormat::oci;
  bool fall_back_to_docker = true;  ///< when the store refuses OCI manifests
  oci::Annotations annotations{};   ///< of the manifest, over the image's own
  KnownForms known{};               ///< stored forms of layers known beforehand
  /// Which manifest each tag is known to hold already. It is not written there again.
  std::map<std::string, oci::Digest> tags_now{};
  /// Further manifests that the store is known to hold, and so all that they name.
  std::set<oci::Digest> held{};
  /// Compress large layers twice: first to know their digests and ask for them, then to send those
  /// that are missing. It pays where the store probably has them.
  bool measure_first = false;
  std::size_t probes = 32;              ///< questions in flight
  std::size_t uploads = 5;              ///< blobs being sent
  std::size_t compression_threads = 0;  ///< for all layers together; 0: one a processor
  bool dry_run = false;                 ///< decide and ask, send nothing
};

/// What became (or with dry_run, would become) of one distinct layer.
struct LayerOutcome {
  std::size_t first = 0;                ///< its place in Image::layers
  std::optional<oci::Descriptor> form;  ///< as stored; unknown only in a dry run
  std::optional<BlobOutcome> outcome;   ///< nothing: to be sent (dry run)
  std::string why;
  bool compressed = false;  ///< by this push: the form is what the codec gave
};

struct PushReport {
  std::optional<oci::Descriptor> manifest;  ///< unknown only in a dry run
  std::vector<LayerOutcome> layers;
  bool nothing_written = false;  ///< every tag held this manifest already
  std::uint64_t bytes_sent = 0;  ///< of layers, config and manifest, as they went out
  std::size_t count(BlobOutcome outcome) const;
};

/// What a push will write, as far as the known forms of layers tell.
struct ExpectedManifests {
  std::optional<oci::Digest> root{};  ///< what the tags will name
  std::set<oci::Digest> all{};        ///< the root, and what it lists
};

/// The manifest that push_to_store() will write. Nothing unless `options.known` has a form of every
/// layer. Throws Error{usage} as make_manifest does.
std::optional<oci::Descriptor> expected_manifest(const Image& image, const PushOptions& options);

/// Whether the store is known to hold that manifest, and so all that it names.
bool is_held(const PushOptions& options, const oci::Digest& manifest);
/// The tags that are not known to name that manifest already.
std::vector<std::string> tags_to_write(const PushOptions& options, const oci::Digest& manifest);

/// Pushes. Throws Error{integrity} when a layer's bytes are not what the image says, or the
/// manifest is not `must_be`. Whatever is thrown, no tag was written; of several tags, some may
/// have been. Blocks; starts threads of its own.
PushReport push_to_store(const Image& image, BlobStore& store, const PushOptions& options,
                         Progress& progress, std::stop_token stop);

/// What the codec made of the image's layers in that push.
PairedLayers compressed_forms(const Image& image, const PushReport& report);

/// The manifest of an image whose layers are stored as `layers` says: one entry for each of
/// Image::layers. It has the image's annotations; `annotations` win over them. Throws Error{usage}
/// for what Docker's format cannot say (zstd).
oci::Manifest make_manifest(const Image& image, std::vector<oci::Descriptor> layers,
                            ManifestFormat format, oci::Annotations annotations = {});

}  // namespace n2c
