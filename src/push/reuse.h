#pragma once
/// Learning from a repository how layers are stored there, so that they need not be
/// compressed to know (field-guide: a manifest's layers pair with its config's diff_ids).

#include <optional>
#include <stop_token>
#include <string_view>

#include "push/plan.h"
#include "registry/client/client.h"

namespace n2c {

/// An image that a repository holds.
struct HeldImage {
  oci::Descriptor manifest;
  /// Where the image is one whose config says the layers' diff_ids: pairs of them.
  std::vector<std::pair<oci::Digest, oci::Descriptor>> forms;
};

/// Two requests: the manifest and its config. Nothing when the tag is not there. What is
/// not a single image, or contradicts itself (other counts of layers and diff_ids), gives no
/// forms; nor does the `expected` manifest, whose layers are known: that takes one request.
/// Throws Error as RegistryClient does.
std::optional<HeldImage> find_held_image(registry::RegistryClient& client,
                                         std::string_view tag_or_digest,
                                         const std::optional<oci::Descriptor>& expected,
                                         std::stop_token stop);

/// Pairs layers with diff_ids; empty when their counts differ. Forms whose media type is not
/// a plain, gzip or zstd layer are left out; Docker's media types become OCI's.
std::vector<std::pair<oci::Digest, oci::Descriptor>> pair_forms(
    const oci::Manifest& manifest, const std::vector<oci::Digest>& diff_ids);

}  // namespace n2c
