#pragma once
/// Reading docker save's archives (docs/format.md A9.1): manifest.json says for each image its
/// config, names and layers. They hold no registry manifest, so what comes out is an Image.

#include <memory>
#include <optional>
#include <string_view>

#include "image/image.h"
#include "layout/read_only_files.h"
#include "oci/reference.h"

namespace n2c {

/// The image of that name, or the only one. Layers are plain tars whose digests are the config's
/// diff_ids; they are verified while they are read. A layer that is stored compressed is
/// decompressed while it is read, and read once beforehand to know its size. Throws Error{input}.
Image open_docker_archive(std::shared_ptr<const ReadOnlyFiles> files,
                          const std::optional<oci::Reference>& name);

/// One image of a docker-archive's manifest.json.
struct DockerArchiveEntry {
  std::string config;
  std::vector<std::string> names;
  std::vector<std::string> layers;
};
Parsed<std::vector<DockerArchiveEntry>> parse_docker_archive_manifest(std::string_view json);
/// The image of that name, by Docker's defaults, or the only one. Throws Error{input} that begins
/// with `where` and lists the names.
DockerArchiveEntry choose_image(const std::vector<DockerArchiveEntry>& entries,
                                const std::optional<oci::Reference>& name,
                                const std::string& where);
/// Throws Error{input} that begins with `where`: there must be as many diff_ids in the config as
/// layers, and no more than an image.json may have.
void expect_fitting_layers(const DockerArchiveEntry& entry, std::size_t diff_ids,
                           const std::string& where);
/// Whether a file begins as a plain tar does: "ustar" is at byte 257 of its first 512, or all are
/// zeros as where the tar is empty.
bool is_plain_tar(ByteView first_block);

}  // namespace n2c
