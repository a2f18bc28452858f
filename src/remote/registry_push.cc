#include "remote/registry_push.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include "base/deadline.h"
#include "base/locked.h"
#include "base/tasks.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "cache/layer_forms.h"
#include "codec/codec.h"
#include "remote/late_notes.h"
#include "remote/layer_index.h"
#include "remote/learning.h"
#include "remote/registry_store.h"

namespace n2c {

namespace {

std::vector<std::string> tags_of(const RegistryPush& push) {
  return distinct_tags(push.to.tag.value_or(""), push.more_tags);
}

PushOptions options_of(const RegistryPush& push) {
  PushOptions options = push.options;
  if (!push.untagged) options.tags = tags_of(push);
  options.must_be = push.to.digest;
  return options;
}

/// At most this many, for each repository that lacks a blob costs a request.
constexpr std::size_t most_remembered_siblings = 2;
/// So long a push waits for its layer index to be written.
constexpr std::chrono::seconds patience_with_index{30};

/// The repositories to mount from: those of --mount-from, those of --reuse-from, and others that
/// this machine pushed to. All are of this registry.
std::vector<oci::Repository> mount_candidates(const RegistryPush& push, const DigestCache& cache) {
  std::vector<oci::Repository> from;
  const auto add = [&](const oci::Repository& repository) {
    const bool is_sibling =
        repository.host == push.to.repository.host && repository.path != push.to.repository.path;
    if (is_sibling && std::ranges::find(from, repository) == from.end()) from.push_back(repository);
  };
  for (const oci::Repository& repository : push.mount_from) add(repository);
  if (push.reuse) {
    for (const oci::Reference& reference : push.reuse_from) add(reference.repository);
    const std::size_t most = from.size() + most_remembered_siblings;
    for (const oci::Repository& repository : cache.find_repositories(push.to.repository.host)) {
      if (from.size() < most) add(repository);
    }
  }
  return from;
}

/// One push to a repository, with the steps before and after it.
class RepositoryPush {
 public:
  RepositoryPush(Registries& registries, const RegistryPush& push, Progress& progress)
      : registries_(registries),
        push_(push),
        options_(options_of(push)),
        progress_(progress),
        cache_(push.cache_file),
        client_(registries.client(push.to.repository)),
        store_(make_store()) {}

  BlobStore& store() { return store_; }

  /// What is asked for, with the tags and the digest that the reference names.
  const PushOptions& options() const { return options_; }

  RepositoryState discover(const Outgoing& outgoing, const std::stop_token& stop) {
    RepositoryState state;
    refuse_index_tag();
    if (push_.learnt || push_.reuse) {
      Learnt learnt = push_.learnt ? *push_.learnt : learn(outgoing, stop);
      state = std::move(learnt.state);
      layer_index_ = std::move(learnt.layer_index);
      failures_ = std::move(learnt.failures);
    }
    if (push_.verify_reuse) verify_known(outgoing, state, stop);
    return state;
  }

  /// Runs what sends, with a Progress to hear it. What could not be learnt is told when it goes on
  /// after that. Where the registry refuses its first question as it refused one before, the first
  /// refusal is thrown: of a GET it has the registry's words.
  template <class Sending>
  std::invoke_result_t<Sending, Progress&> send(Sending&& sending) {
    std::vector<std::string> notes;
    for (const NotLearnt& failure : failures_) notes.push_back(failure.note);
    LateNotes progress(progress_, std::move(notes));
    try {
      auto report = std::forward<Sending>(sending)(progress);
      progress.tell();
      return report;
    } catch (const Error& error) {
      if (!progress.are_told()) {
        for (const NotLearnt& failure : failures_) {
          if (is_told_by(failure, error)) throw Error(failure.error);
        }
        progress.tell();
      }
      throw;
    }
  }

  /// Remembers what the codec made of layers now, and where they were pushed. It replaces what was
  /// remembered of them. The repository's layer index learns what it made earlier too.
  void remember(const PairedLayers& compressed, const PairedLayers& codec_forms,
                const std::stop_token& stop) {
    if (push_.layer_index) keep_index(codec_forms, stop);
    remember_forms(cache_, options_.compression.recipe(), {compressed.begin(), compressed.end()});
    cache_.add_push(push_.to.repository, options_.tags.empty() ? "" : options_.tags.front());
    cache_.save();  // without it the next push takes longer, no more
  }

  /// What --mount-from names and was of no use, once all is sent.
  void tell_idle_mounts() const {
    mounts_.with([&](const auto& mounts) {
      for (const oci::Repository& from : push_.mount_from) {
        const auto asked = mounts.find(from.path);
        if (asked == mounts.end() || asked->second) continue;
        progress_.note(cat("nothing was mounted from ", from.str(),
                           ": it is not there, or has none of these blobs"));
      }
    });
  }

 private:
  static bool is_told_by(const NotLearnt& failure, const Error& error) {
    return failure.is_here && failure.error.kind() == error.kind() && !error.hint().empty() &&
           failure.error.hint() == error.hint();
  }

  Learnt learn(const Outgoing& outgoing, const std::stop_token& stop) {
    return Learning(registries_, push_, cache_, outgoing, progress_).discover(stop);
  }

  void refuse_index_tag() const {
    if (!push_.layer_index ||
        std::ranges::find(options_.tags, layer_index_tag) == options_.tags.end()) {
      return;
    }
    throw Error(ErrorKind::usage,
                cat("the tag ", layer_index_tag, " is the layer index's, and no image's"),
                "push another tag, or without --layer-index");
  }

  /// The image is there: what goes wrong now is only noted.
  void keep_index(const PairedLayers& pairs, const std::stop_token& stop) {
    if (pairs.empty()) return;
    if (layer_index_ && layer_index_->index && layer_index_->index->has(pairs)) return;
    try {
      const Deadline deadline(registries_.clock(), stop, patience_with_index);
      const auto add = [&](LayerIndex& index) {
        if (index.has(pairs)) return false;
        index.add(pairs);
        return true;
      };
      change_layer_index(client_, add, deadline.token());
    } catch (const Error& error) {
      if (stop.stop_requested()) throw;
      progress_.note(cat("the layer index was not written: ", error.message()));
    }
  }

  /// A dry run asks where the blob is, and mounts nothing.
  bool mount_from(const oci::Descriptor& blob, const oci::Repository& from, std::stop_token stop) {
    if (!push_.options.dry_run) return client_.mount(blob, from, std::move(stop));
    return registries_.client(from, registry::Access::pull).has_blob(blob, std::move(stop));
  }

  RegistryStore make_store() {
    const auto mount = [this](const oci::Descriptor& blob, const oci::Repository& from,
                              std::stop_token stop) {
      const bool took_place = mount_from(blob, from, std::move(stop));
      mounts_.with([&](auto& mounts) {
        bool& any = mounts[from.path];
        any = any || took_place;
      });
      return took_place;
    };
    return {client_, mount_candidates(push_, cache_), mount, push_.places};
  }

  struct Reused {
    oci::Digest diff_id;
    PlannedLayer layer;
  };

  /// Every known form that the plans would reuse, each layer once.
  std::vector<Reused> reused(const Outgoing& outgoing, const KnownForms& forms) const {
    std::vector<Reused> reused;
    std::set<oci::Digest> seen;
    for (const Image* image : outgoing.images) {
      for (auto& layer : plan_layers(*image, forms, options_.compression)) {
        const oci::Digest& diff_id = image->layers[layer.first].diff_id;
        if (!layer.compress || !layer.form || !seen.insert(diff_id).second) continue;
        reused.push_back({diff_id, std::move(layer)});
      }
    }
    return reused;
  }

  bool unpacks_to(const oci::Descriptor& form, const oci::Digest& diff_id,
                  const std::stop_token& stop) {
    try {
      return oci::measure(decompress(client_.open_blob(form, stop)), {}, stop).digest == diff_id;
    } catch (const Error& error) {
      // It has another size than was said, or is nothing that was compressed.
      if (error.kind() == ErrorKind::integrity || error.kind() == ErrorKind::input) return false;
      throw;
    }
  }

  /// Fetches and unpacks the forms that would be reused, and forgets the wrong ones.
  void verify_known(const Outgoing& outgoing, RepositoryState& state, const std::stop_token& stop) {
    const std::vector<Reused> all = reused(outgoing, state.forms);
    std::vector<char> is_false(all.size(), 0);
    run_side_by_side(all.size(), options_.uploads, stop, [&](std::size_t i, std::stop_token inner) {
      const oci::Descriptor& form = *all[i].layer.form;
      if (client_.has_blob(form, inner) && !unpacks_to(form, all[i].diff_id, inner)) {
        is_false[i] = 1;
      }
    });
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (is_false[i] == 0) continue;
      const PlannedLayer& layer = all[i].layer;
      progress_.note(cat("the blob ", layer.form->digest.brief(), " (", layer.why,
                         ") is not layer ", layer.first + 1, ": sending the layer itself"));
      state.forms.forget(layer.form->digest);
    }
  }

  Registries& registries_;
  const RegistryPush& push_;
  const PushOptions options_;
  Progress& progress_;
  DigestCache cache_;
  registry::RegistryClient client_;
  RegistryStore store_;
  Locked<std::map<std::string, bool>>
      mounts_;                                 // a repository that was asked: was one blob mounted?
  std::optional<HeldLayerIndex> layer_index_;  // before the push
  std::vector<NotLearnt> failures_;
};

std::vector<const Image*> described(const std::vector<IndexEntry>& entries) {
  std::vector<const Image*> images;
  for (const IndexEntry& entry : entries) {
    if (const auto* image = std::get_if<const Image*>(&entry.image)) images.push_back(*image);
  }
  return images;
}

}  // namespace

PushReport push_to_registry(const Image& image, Registries& registries, const RegistryPush& push,
                            Progress& progress, std::stop_token stop) {
  return with_context("pushing to " + push.to.str(), [&] {
    RepositoryPush repository(registries, push, progress);
    const PushOptions& options = repository.options();
    const auto expected = [&](const KnownForms& forms) -> ExpectedManifests {
      const auto manifest = expected_manifest(image, options, forms);
      if (!manifest) return {};
      return {.root = manifest->digest, .all = {manifest->digest}};
    };
    const Outgoing outgoing{{&image}, tags_of(push), expected};
    const RepositoryState state = repository.discover(outgoing, stop);
    PushPlan plan = plan_push(image, options, state);
    PushReport report = repository.send([&](Progress& heard) {
      return transfer(std::move(plan), repository.store(), heard, stop);
    });
    repository.tell_idle_mounts();
    if (!options.dry_run) {
      repository.remember(compressed_forms(image, report), codec_forms(image, report), stop);
    }
    return report;
  });
}

IndexReport push_to_registry(const RegistryIndex& index, Registries& registries,
                             const RegistryPush& push, Progress& progress, std::stop_token stop) {
  return with_context("pushing to " + push.to.str(), [&] {
    RepositoryPush repository(registries, push, progress);
    const std::vector<IndexEntry> entries = read_parts(index.parts, stop);
    IndexOptions options = index.options;
    options.push = repository.options();
    const auto expected = [&](const KnownForms& forms) {
      return expected_manifests(entries, options, forms);
    };
    const Outgoing outgoing{described(entries), tags_of(push), expected};
    const RepositoryState state = repository.discover(outgoing, stop);
    IndexReport report = repository.send([&](Progress& heard) {
      return push_entries(entries, repository.store(), options, heard, stop, state);
    });
    repository.remember(report.compressed_forms, report.codec_forms, stop);
    return report;
  });
}

}  // namespace n2c
