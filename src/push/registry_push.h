#pragma once
/// Pushing an image to a repository of a registry: learn what is known there, then push.

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "image/image.h"
#include "oci/reference.h"
#include "push/push.h"
#include "push/registries.h"

namespace n2c {

/// What the user asked for.
struct RegistryPush {
  oci::Reference to{};  ///< its tag and digest say what is written and what it must be
  std::vector<std::string> more_tags{};  ///< --tag
  std::vector<oci::Reference>
      reuse_from{};  ///< --reuse-from: more images to learn stored forms from
  std::vector<oci::Repository> mount_from{};  ///< --mount-from
  bool reuse = true;                          ///< --no-reuse makes it false
  bool verify_reuse = false;                  ///< fetch and inflate what is reused, before it is
  /// What this machine learnt before (digest_cache.h), added to; empty: nothing, and kept nowhere.
  std::filesystem::path cache_file{};
  /// tags, must_be, known and tags_now are filled in here.
  PushOptions options{};
};

/// Learns the stored forms of layers from the tags to be written, from reuse_from, and while some
/// are unknown from the cache and the tag it remembers; then push_to_store(). Throws Error.
PushReport push_to_registry(const Image& image, Registries& registries, const RegistryPush& push,
                            Progress& progress, std::stop_token stop);

}  // namespace n2c
