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

/// The descriptor of bytes at hand; its digest is a sha256.
Descriptor describe(std::string_view media_type, std::string_view bytes);

/// The descriptor of all that the reader gives, which is read to its end and not kept. Throws
/// Error{cancelled} when `stop` is requested, and what the reader throws.
Descriptor measure(std::unique_ptr<Reader> from, std::string media_type,
                   const std::stop_token& stop = {});

}  // namespace n2c::oci
