#include "oci/media_type.h"

#include <array>

namespace n2c::oci {

namespace {

struct Pair {
  std::string_view oci, docker;
};

constexpr std::array<Pair, 9> pairs{{
    {media_type::manifest, media_type::docker_manifest},
    {media_type::index, media_type::docker_index},
    {media_type::config, media_type::docker_config},
    {media_type::layer_tar, media_type::docker_layer_tar},
    {media_type::layer_gzip, media_type::docker_layer_gzip},
    {media_type::layer_zstd, media_type::docker_layer_zstd},
    {"application/vnd.oci.image.layer.nondistributable.v1.tar",
     "application/vnd.docker.image.rootfs.foreign.diff.tar"},
    {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
     "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"},
    {"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
     "application/vnd.docker.image.rootfs.foreign.diff.tar.zstd"},
}};

std::optional<std::string_view> translate(std::string_view media_type,
                                          std::string_view Pair::* into) {
  for (const Pair& pair : pairs) {
    if (media_type == pair.oci || media_type == pair.docker) return pair.*into;
  }
  return {};
}

}  // namespace

bool is_index(std::string_view type) {
  return type == media_type::index || type == media_type::docker_index;
}

bool is_manifest(std::string_view type) {
  return type == media_type::manifest || type == media_type::docker_manifest;
}

bool is_foreign_layer(std::string_view type) {
  return type.contains(".nondistributable.") || type.contains(".foreign.");
}

std::optional<std::string_view> in_dockers_words(std::string_view media_type) {
  return translate(media_type, &Pair::docker);
}

std::optional<std::string_view> in_ocis_words(std::string_view media_type) {
  return translate(media_type, &Pair::oci);
}

}  // namespace n2c::oci
