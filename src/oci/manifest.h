#pragma once
/// Manifests and indexes (image-spec v1.1; Docker schema 2), as values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "oci/descriptor.h"
#include "oci/media_type.h"

namespace n2c::oci {

/// Metadata limit: no manifest, index or config larger than this is read (4 MiB).
inline constexpr std::uint64_t max_manifest_bytes = 4 << 20;

/// One image: a config and its layers, lowest first. media_type is manifest or docker_manifest.
struct Manifest {
  std::string media_type{oci::media_type::manifest};
  Descriptor config;
  std::vector<Descriptor> layers;
  Annotations annotations{};
  /// What else is said (subject, artifactType), as the members of a JSON object; empty: {}.
  std::string more{};

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
  std::string more{};  ///< as Manifest's

  static Parsed<Index> from_json(std::string_view json);
  std::string to_json() const;
  /// The image that serves the platform best, by platform_rank(); of several, the first.
  const Descriptor* find(const Platform& platform) const;
};

/// What the manifest or index says that it is about (image-spec, "subject"). Nothing when it says
/// nothing, or nothing that can be understood.
std::optional<Digest> subject_of(std::string_view manifest_json);
/// `more` of a manifest, with that descriptor as its subject.
std::string with_subject(std::string_view more, const Descriptor& subject);

/// The descriptor as an index holds it, compact.
std::string descriptor_json(const Descriptor& descriptor);

/// A manifest or index as it is stored: the descriptor is of exactly these bytes.
struct RawManifest {
  Descriptor descriptor;
  std::string json;

  /// The media type is the JSON's mediaType, or else follows from its members. The error says what
  /// is wrong with the JSON.
  static Parsed<RawManifest> parse(std::string json);
  /// For JSON of that media type; it is not looked into.
  static RawManifest of(std::string_view media_type, std::string json);
};

}  // namespace n2c::oci
