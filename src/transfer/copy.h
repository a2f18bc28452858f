#pragma once
/// Copying stored images from one place to another as they are. The manifest's bytes, and so its
/// digest, stay the same. Blobs stream from source to destination and never touch the disk.

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "transfer/blob_store.h"
#include "transfer/image_manifest.h"
#include "transfer/image_source.h"
#include "transfer/image_tree.h"
#include "transfer/progress.h"
#include "transfer/repository_state.h"

namespace n2c {

struct CopyOptions {
  std::vector<std::string> tags{};          ///< none: by digest alone
  std::optional<oci::Digest> must_be{};     ///< the root's digest, or nothing is written
  std::optional<oci::Platform> platform{};  ///< one image of an index; nothing: all of it
  bool one_image = false;                   ///< where no platform is given, this machine's image
  std::optional<ManifestFormat> format{};   ///< nothing: as it is
  std::size_t probes = 32, uploads = 5;
  bool check_blobs = false;  ///< ask for every blob although the root is there
};

struct CopyReport {
  oci::Descriptor manifest;                        ///< the root
  std::size_t images = 0;                          ///< manifests that are no index
  std::size_t present = 0, mounted = 0, sent = 0;  ///< blobs, configs too
  std::uint64_t bytes_sent = 0;
  bool nothing_written = false;
};

/// Copies. Throws Error{integrity} when bytes are not what their descriptor says. Whatever is
/// thrown, no tag was written that names something incomplete. A root that `state` has under every
/// tag is not read further. Blocks; starts threads.
CopyReport copy_to_store(const std::shared_ptr<ImageSource>& source, BlobStore& store,
                         const CopyOptions& options, Progress& progress, std::stop_token stop,
                         const RepositoryState& state = {});

/// Says which images were left out because the source does not hold them, if any were.
void note_absent(const ImageTree& tree, const ImageSource& source, Progress& progress);

/// The images that `options` choose, in the format they ask for; of an index some of whose images
/// the source lacks, those that are there. Throws Error{integrity} unless the root is must_be.
ImageTree choose_tree(ImageSource& source, const CopyOptions& options, std::stop_token stop);

}  // namespace n2c
