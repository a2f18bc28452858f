#pragma once
/// Manifests, indexes and descriptors (image-spec v1.1; Docker schema 2), as values.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "oci/digest.h"

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
}  // namespace media_type

/// Metadata limit: no manifest, index or config larger than this is read (4 MiB).
inline constexpr std::uint64_t max_manifest_bytes = 4 << 20;

using Annotations = std::map<std::string, std::string>;

/// The annotation that names an entry of a layout's index.json (image-layout.md).
inline constexpr std::string_view ref_name = "org.opencontainers.image.ref.name";

struct Platform {
  std::string os = "linux";
  std::string architecture;
  std::string variant;
  /// "linux/arm64/v8", "linux/amd64".
  static Parsed<Platform> parse(std::string_view text);
  /// The platform of images for this machine, in Go's names: linux and the processor.
  static Platform of_this_machine();
  std::string str() const;
  bool operator==(const Platform&) const = default;
};

/// What a manifest says of a blob or another manifest.
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  Annotations annotations{};
  std::optional<Platform> platform{};
  bool operator==(const Descriptor&) const = default;
};

/// The descriptor as an index holds it, compact.
std::string descriptor_json(const Descriptor& descriptor);

/// One image: a config and its layers, lowest first. media_type is manifest or docker_manifest.
struct Manifest {
  std::string media_type{oci::media_type::manifest};
  Descriptor config;
  std::vector<Descriptor> layers;
  Annotations annotations{};

  /// The error says which field is wrong.
  static Parsed<Manifest> from_json(std::string_view json);
  /// Compact, in docs/format.md A2.1's order (A8.7's for Docker); `[]` for no layers.
  std::string to_json() const;
};

/// Several images, one for each platform.
struct Index {
  std::string media_type{oci::media_type::index};
  std::vector<Descriptor> manifests;
  Annotations annotations{};

  static Parsed<Index> from_json(std::string_view json);
  std::string to_json() const;
  /// The image for a platform: os and architecture are equal, and the variant too when both name
  /// one.
  const Descriptor* find(const Platform& platform) const;
};

/// Whether the media type is that of an index (OCI or Docker).
bool is_index(std::string_view media_type);
/// Whether it is that of a single image's manifest (OCI or Docker).
bool is_manifest(std::string_view media_type);

}  // namespace n2c::oci
