#pragma once
/// Images as one tar: docker save's form and OCI image layouts, whole or thin.
///
/// An archive is planned before a byte of it is made: docker_archive() or oci_archive() gives the
/// list of its files as a value, and ArchiveSource makes the tar of such a list while it is read.
/// Only one buffer is held in memory, and no temporary file is written.
///
/// Thin archives leave out layers that the reader says it has (docs/field-guide.md 3): Docker's
/// classic store takes a docker-archive without the files of layers whose chain it holds, the
/// containerd store an OCI layout without the blobs it holds.

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/stream.h"
#include "image/image.h"
#include "oci/digest.h"
#include "oci/manifest.h"

namespace n2c {

/// One regular file of an archive; `size` must be the length of `bytes`. Without `bytes` it is a
/// folder.
struct ArchiveFile {
  std::string path;
  std::uint64_t size = 0;
  std::shared_ptr<const ByteSource> bytes{};
};

/// The tar of a list of files, in their order: mode 0444 (folders 0755), owner 0, time 0, so the
/// same list gives the same bytes. Thread-safe.
class ArchiveSource final : public ByteSource {
 public:
  explicit ArchiveSource(std::vector<ArchiveFile> files) : files_(std::move(files)) {}
  /// Reading throws what the files' sources throw, and Error{integrity} for one whose length is not
  /// its `size`.
  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override;

 private:
  std::vector<ArchiveFile> files_;
};

/// One image of a docker-archive. `names` are whole names with a tag ("docker.io/library/app:1");
/// `omitted` has the diff_ids of layers whose files are left out; it is empty for a full archive.
struct DockerArchiveImage {
  const Image& image;
  std::vector<std::string> names;
  std::set<oci::Digest> omitted{};
};

/// docker save's form (docs/format.md A9): the config as CONFIG_HEX.json, layers as
/// DIFF_ID_HEX.tar, and manifest.json with the names. Layers have their bytes as stored: engines,
/// skopeo and crane decompress them by their first bytes. A layer listed twice is there once.
std::vector<ArchiveFile> docker_archive(std::span<const DockerArchiveImage> images);

/// An OCI image layout (docs/format.md A9.2): oci-layout, index.json (which is `index`), and each
/// of `blobs` once, manifests and configs among them. Those in `omitted` are left out. The blobs'
/// folders are entries too: skopeo and podman would make a missing one with an owner that only root
/// may give it.
std::vector<ArchiveFile> oci_archive(const oci::Index& index, std::span<const Blob> blobs,
                                     const std::set<oci::Digest>& omitted = {});

/// The index of a layout that holds one image under names. Each name is written as
/// org.opencontainers.image.ref.name (the tag), which skopeo, podman and umoci look for, and as
/// io.containerd.image.name (the whole name), which containerd and Docker look for.
oci::Index layout_index(const oci::Descriptor& manifest, std::span<const std::string> names);

}  // namespace n2c
