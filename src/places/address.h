#pragma once
/// Where an image is or goes, as people write it: skopeo's transport syntax
/// (containers-transports(5)), with a bare reference meaning a registry.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "oci/digest.h"
#include "oci/reference.h"

namespace n2c {

/// One address, parsed. Its kind tells which members are set.
struct Address {
  enum class Kind {
    registry,            ///< docker://HOST/PATH[:TAG][@DIGEST], or without docker://
    docker_daemon,       ///< docker-daemon:REPOSITORY[:TAG]
    containers_storage,  ///< containers-storage:REPOSITORY[:TAG]
    oci_layout,          ///< oci:FOLDER[:TAG][@DIGEST]
    oci_archive,         ///< oci-archive:FILE[:TAG][@DIGEST]
    docker_archive,      ///< docker-archive:FILE[:REPOSITORY:TAG]
    dir,                 ///< dir:FOLDER
    image_json,          ///< nix:FILE, or a path that shows itself as one
  };

  Kind kind = Kind::registry;
  /// The file or folder. "-" is standard output (archives only), and of a source standard input
  /// (docker_archive only).
  std::filesystem::path path{};
  /// registry, docker_daemon, containers_storage: always; docker_archive: where one was named.
  std::optional<oci::Reference> reference{};
  /// oci_layout, oci_archive: the image's name there (org.opencontainers.image.ref.name). A
  /// registry's rules for tags do not apply to it. Empty when none was given.
  std::string tag{};
  /// oci_layout, oci_archive.
  std::optional<oci::Digest> digest{};

  /// Parses a destination. "-" is a docker-archive on standard output, and text without a transport
  /// is a reference. The error says which form was expected.
  static Parsed<Address> parse(std::string_view text);
  /// Parses a source. Text without a transport is an image.json when it begins with '/', "./" or
  /// "../", or ends in ".json". "-" is a docker-archive on standard input. Standard output is
  /// refused.
  static Parsed<Address> parse_source(std::string_view text);

  bool is_standard_output() const { return path == "-" || path == "/dev/stdout"; }
  /// As it would be written, with Docker's defaults filled in.
  std::string str() const;
};

}  // namespace n2c
