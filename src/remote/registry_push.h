#pragma once
/// Pushing an image, or an index of several, to a repository of a registry: learn what is known
/// there, push, and remember what was compressed.

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "image/image.h"
#include "oci/reference.h"
#include "remote/registries.h"
#include "transfer/index.h"
#include "transfer/push.h"

namespace n2c {

/// What the user asked for.
struct RegistryPush {
  oci::Reference to{};  ///< its tag and digest say what is written and what it must be
  std::vector<std::string> more_tags{};  ///< --tag
  std::vector<oci::Reference>
      reuse_from{};  ///< --reuse-from: more images to learn stored forms from
  std::vector<oci::Repository> mount_from{};  ///< --mount-from
  bool reuse = true;                          ///< --no-reuse makes it false
  bool verify_reuse = false;                  ///< fetch, unpack and check what is to be reused
  /// The file of what this machine learnt before (digest_cache.h), which is added to. Empty: no
  /// cache.
  std::filesystem::path cache_file{};
  /// Its tags, must_be and what learning.h fills in are set by push_to_registry().
  PushOptions options{};
};

/// Learns what is known of the layers and of what is there (learning.h), then push_to_store().
/// Throws Error.
PushReport push_to_registry(const Image& image, Registries& registries, const RegistryPush& push,
                            Progress& progress, std::stop_token stop);

/// Images, and what the index of them says.
struct RegistryIndex {
  const std::vector<IndexPart>& parts;
  IndexOptions options{};  ///< its `push` is not looked at: the RegistryPush has one
};

/// The same for an index: push_index().
IndexReport push_to_registry(const RegistryIndex& index, Registries& registries,
                             const RegistryPush& push, Progress& progress, std::stop_token stop);

}  // namespace n2c
