#pragma once
/// Where an image is: host, repository, tag, digest (distribution-spec, "Pulling manifests").

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "oci/digest.h"

namespace n2c::oci {

/// A repository of a registry: "ghcr.io" and "acme/app".
struct Repository {
  std::string host;  ///< as written, with a port where one was; "docker.io" for Docker Hub
  std::string path;
  std::string str() const { return host + "/" + path; }
  auto operator<=>(const Repository&) const = default;
};

/// HOST/PATH[:TAG][@DIGEST]. Docker's defaults for short names: no host means docker.io,
/// one component there means library/…; neither tag nor digest means tag latest.
struct Reference {
  Repository repository;
  std::optional<std::string> tag;
  std::optional<Digest> digest;

  static Parsed<Reference> parse(std::string_view text);
  /// The whole reference, with Docker's defaults filled in: "docker.io/library/bash:5@sha256:…".
  std::string str() const;
};

/// Tags: [A-Za-z0-9_][A-Za-z0-9._-]{0,127}. Repository paths: lower-case components of
/// [a-z0-9] and separators, together at most 255 bytes. Host: name, IPv4 or [IPv6], and port.
bool is_tag(std::string_view text);
bool is_repository_path(std::string_view text);
/// Docker's rule for telling a host from the first component of a path.
bool looks_like_host(std::string_view first);

/// Whether the host part (port ignored) is localhost, 127.0.0.0/8 or [::1].
bool is_loopback(std::string_view host);

}  // namespace n2c::oci
