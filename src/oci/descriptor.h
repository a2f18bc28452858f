#pragma once
/// Descriptors and platforms (image-spec descriptor.md, image-index.md), as values.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/stream.h"
#include "oci/digest.h"

namespace n2c::oci {

using Annotations = std::map<std::string, std::string>;

struct Platform {
  std::string os = "linux";
  std::string architecture;
  std::string variant;
  /// What else is said of it (os.version, os.features), as the members of a JSON object; empty: {}.
  std::string more{};
  /// "linux/arm64/v8", "linux/amd64".
  static Parsed<Platform> parse(std::string_view text);
  /// The platform of images for this machine, in Go's names: linux and the processor.
  static Platform of_this_machine();
  std::string str() const;
  /// str() without a variant that is the architecture's usual one: arm64/v8 is arm64, amd64/v1
  /// amd64, arm/v7 arm. Two images for the same machines have the same.
  std::string plain_str() const;
  bool operator==(const Platform&) const = default;
};

/// How well an image for `found` serves who asks for `asked`: 0 is best. Nothing when it does not.
/// The exact variant comes first, then the usual one where none is asked for, then older ones that
/// the asked one can run (arm/v7 runs v6; amd64/v3 runs v2). Where none is asked for, any serves.
std::optional<int> platform_rank(const Platform& asked, const Platform& found);

/// What a manifest says of a blob or another manifest.
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  Annotations annotations{};
  std::optional<Platform> platform{};
  /// What else is said of it (urls, data, artifactType), as the members of a JSON object; empty:
  /// {}.
  std::string more{};
  bool operator==(const Descriptor&) const = default;
};

/// The descriptor of bytes at hand; its digest is a sha256.
Descriptor describe(std::string_view media_type, std::string_view bytes);

/// The descriptor of all that the reader gives, which is read to its end and not kept. Throws
/// Error{cancelled} when `stop` is requested, and what the reader throws.
Descriptor measure(std::unique_ptr<Reader> from, std::string media_type,
                   const std::stop_token& stop = {});

}  // namespace n2c::oci
