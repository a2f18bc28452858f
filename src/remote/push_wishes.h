#pragma once
/// What a push to a repository is asked for.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "oci/digest.h"
#include "oci/reference.h"
#include "remote/layer_index.h"
#include "transfer/push_options.h"
#include "transfer/repository_state.h"

namespace n2c {

/// A question whose answer would have helped a push, and failed.
struct NotLearnt {
  std::string note;      ///< "nothing learnt from …: …"
  Error error;           ///< says what was asked
  bool is_here = false;  ///< of the repository that is pushed to
};

/// What was found out of a repository before a push (learning.h).
struct Learnt {
  RepositoryState state{};
  std::optional<HeldLayerIndex> layer_index{};  ///< nothing: it was not read
  std::vector<NotLearnt> failures{};            ///< that nobody was told of yet
};

/// What the user asked for.
struct RegistryPush {
  oci::Reference to{};  ///< its tag and digest say what is written and what it must be
  std::vector<std::string> more_tags{};  ///< --tag
  std::vector<oci::Reference>
      reuse_from{};  ///< --reuse-from: more images to learn stored forms from
  std::vector<oci::Repository> mount_from{};  ///< --mount-from
  /// Repositories of this registry that are known to hold blobs, whatever mount_from names.
  std::map<oci::Digest, oci::Repository> places{};
  bool reuse = true;          ///< --no-reuse makes it false
  bool verify_reuse = false;  ///< fetch, unpack and check what is to be reused
  /// The file of what this machine learnt before (digest_cache.h), which is added to. Empty: no
  /// cache.
  std::filesystem::path cache_file{};
  bool layer_index = false;  ///< --layer-index: learn from the repository's, and keep it
  /// Found out already, of the same tags: nothing is asked again. Unset: the push finds it out.
  std::optional<Learnt> learnt{};
  /// The manifest is put by its digest alone: who asks for the push writes the tags afterwards.
  bool untagged = false;
  /// Its tags and must_be are set by push_to_registry().
  PushOptions options{};
};

}  // namespace n2c
