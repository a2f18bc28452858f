#pragma once
/// The media types of images, in OCI's words and in Docker's.

#include <optional>
#include <string_view>

namespace n2c::oci {

namespace media_type {
inline constexpr std::string_view manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view layer_tar = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view layer_zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view docker_manifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_index =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view docker_layer_tar = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view docker_layer_gzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view docker_layer_zstd =
    "application/vnd.docker.image.rootfs.diff.tar.zstd";
}  // namespace media_type

/// Whether it is that of an index (OCI or Docker).
bool is_index(std::string_view media_type);
/// Whether it is that of a single image's manifest (OCI or Docker).
bool is_manifest(std::string_view media_type);

/// Whether it is that of a layer which may not be distributed (image-spec layer.md,
/// "Non-Distributable Layers"; Docker calls them foreign): its bytes are elsewhere.
bool is_foreign_layer(std::string_view media_type);

/// The same thing in Docker's word, or in OCI's (docs/format.md A7.7, G2.2). What is in that
/// format's words already stays. Nothing where the format has no such word.
std::optional<std::string_view> in_dockers_words(std::string_view media_type);
std::optional<std::string_view> in_ocis_words(std::string_view media_type);

}  // namespace n2c::oci
