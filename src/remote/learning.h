#pragma once
/// Finds out what a push to a repository can know before it begins: stored forms of layers, and
/// manifests that are there.

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <type_traits>
#include <vector>

#include "base/locked.h"
#include "cache/digest_cache.h"
#include "image/image.h"
#include "remote/layer_index.h"
#include "remote/push_wishes.h"
#include "remote/registries.h"
#include "transfer/plan.h"
#include "transfer/progress.h"
#include "transfer/repository_state.h"

namespace n2c {

/// What is about to be pushed: one image or an index of several.
struct Outgoing {
  std::vector<const Image*> images;  ///< whose manifests are made here
  std::vector<std::string> tags;     ///< that are to be written
  /// What would be written if those forms and no others were known.
  std::function<ExpectedManifests(const KnownForms& forms)> expected;
};

/// Asks the tags that are to be written, what --reuse-from names, the cache, and the tag that the
/// cache remembers; and while something is still unknown, the tags of the repository that most
/// probably share layers (likely_tags.h). Each may be an image or an index. Where the repository's
/// layer index tells all, and what is to be written is there, nothing else is asked. When the cache
/// knows the manifest that is to be written, and a tag holds it, that tag is all that is asked for.
/// One thread, one push.
class Learning {
 public:
  /// All outlive this.
  Learning(Registries& registries, const RegistryPush& push, const DigestCache& cache,
           const Outgoing& outgoing, Progress& progress)
      : registries_(registries),
        push_(push),
        cache_(cache),
        outgoing_(outgoing),
        progress_(progress) {}

  /// A failure to learn is only kept; a failure that would stop the push too is thrown as Error.
  Learnt discover(std::stop_token stop);

 private:
  void look_around(const std::stop_token& stop);
  KnownForms indexed_forms(const std::stop_token& stop);
  bool is_all_there(const std::stop_token& stop);
  KnownForms cached_forms() const;
  void learn_from_last_tag(const std::stop_token& stop);
  void learn_from_likely_tags(const std::stop_token& stop);
  void look_side_by_side(std::span<const std::string> tags, const std::stop_token& stop);
  std::vector<std::string> tags_to_look_at(const std::stop_token& stop);
  std::optional<oci::Digest> look_at(const oci::Reference& reference, const std::stop_token& stop);
  void look_into(const oci::Index& index, const oci::Reference& reference,
                 const std::stop_token& stop);
  void add_forms(const PairedLayers& forms, const oci::Reference& reference);
  void expect() { expected_ = outgoing_.expected(state_.forms); }
  bool lacks_forms() const { return !expected_.root; }
  template <class Request>
  std::invoke_result_t<Request> attempt(const oci::Reference& reference, Request&& request);
  bool is_here(const oci::Reference& reference) const {
    return reference.repository == push_.to.repository;
  }

  Registries& registries_;
  const RegistryPush& push_;
  const DigestCache& cache_;
  const Outgoing& outgoing_;
  Progress& progress_;
  RepositoryState state_;
  ExpectedManifests expected_;  // by the forms that are known so far
  std::optional<HeldLayerIndex> layer_index_;
  Locked<std::vector<NotLearnt>> failures_;
  std::set<std::string> looked_at_;  // tags of this repository
  /// The push's stop, while what is looked at is a guess. Whatever else fails then is for --debug.
  std::optional<std::stop_token> guessing_;
};

}  // namespace n2c
