#pragma once
/// Finds out what a push to a repository can know before it begins: stored forms of layers, and
/// manifests that are there.

#include <functional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <vector>

#include "cache/digest_cache.h"
#include "image/image.h"
#include "remote/push_wishes.h"
#include "remote/registries.h"

namespace n2c {

/// What is about to be pushed: one image or an index of several.
struct Outgoing {
  std::vector<const Image*> images;  ///< whose manifests are made here
  /// What would be written if those forms and no others were known.
  std::function<ExpectedManifests(const PushOptions& options)> expected;
};

/// Asks the tags that are to be written, what --reuse-from names, the cache, and the tag that the
/// cache remembers. Each may be an image or an index. When the cache knows the manifest that is to
/// be written, and a tag holds it, that tag is all that is asked for.
class Learning {
 public:
  /// All outlive this.
  Learning(Registries& registries, const RegistryPush& push, const DigestCache& cache,
           Progress& progress)
      : registries_(registries), push_(push), cache_(cache), progress_(progress) {}

  /// Fills in known, tags_now, held and measure_first. A failure to learn is only noted; a failure
  /// that would stop the push too is thrown as Error.
  void learn(const Outgoing& outgoing, PushOptions& options, std::stop_token stop);

 private:
  KnownForms cached_forms(const Outgoing& outgoing, const Compression& compression) const;
  void learn_from_last_tag(const Outgoing& outgoing, PushOptions& options, std::stop_token stop);
  std::optional<oci::Digest> look_at(const oci::Reference& reference, PushOptions& options,
                                     std::stop_token stop);
  void look_into(const oci::Index& index, const oci::Reference& reference, PushOptions& options,
                 std::stop_token stop);
  template <class Request>
  std::invoke_result_t<Request> attempt(const oci::Reference& reference, Request&& request);
  bool is_here(const oci::Reference& reference) const {
    return reference.repository == push_.to.repository;
  }

  Registries& registries_;
  const RegistryPush& push_;
  const DigestCache& cache_;
  Progress& progress_;
  ExpectedManifests expected_;  // as far as the cache knows
  bool lacks_forms_ = true;     // whether the cache lacks the form of some layer
};

}  // namespace n2c
