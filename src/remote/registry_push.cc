#include "remote/registry_push.h"

#include <algorithm>
#include <functional>
#include <set>

#include "base/tasks.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "codec/codec.h"
#include "remote/learning.h"
#include "remote/registry_store.h"

namespace n2c {

namespace {

std::vector<std::string> tags_of(const RegistryPush& push) {
  std::vector<std::string> tags;
  if (push.to.tag) tags.push_back(*push.to.tag);
  for (const std::string& tag : push.more_tags) {
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(tag);
  }
  return tags;
}

/// At most this many, for each repository that lacks a blob costs a request.
constexpr std::size_t most_remembered_siblings = 2;

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
        progress_(progress),
        cache_(push.cache_file),
        client_(registries.client(push.to.repository)),
        store_(make_store()) {}

  BlobStore& store() { return store_; }

  PushOptions prepare(const Outgoing& outgoing, std::stop_token stop) {
    PushOptions options = push_.options;
    options.tags = tags_of(push_);
    options.must_be = push_.to.digest;
    if (push_.reuse) Learning(registries_, push_, cache_, progress_).learn(outgoing, options, stop);
    if (push_.verify_reuse) verify_known(outgoing, options, stop);
    return options;
  }

  /// Remembers what the codec made of layers, and where they were pushed. It replaces what was
  /// remembered of them.
  void remember(const PairedLayers& compressed, const PushOptions& options) {
    const std::string recipe = options.compression.recipe();
    for (const auto& [diff_id, form] : compressed) {
      cache_.add_form(diff_id, recipe, {form.digest, form.size});
    }
    cache_.add_push(push_.to.repository, options.tags.empty() ? "" : options.tags.front());
    cache_.save();  // without it the next push takes longer, no more
  }

 private:
  RegistryStore make_store() {
    RegistryStore::Mount mount;
    // A dry run asks where the blob is, and mounts nothing.
    if (push_.options.dry_run) {
      mount = [this](const oci::Descriptor& blob, const oci::Repository& from,
                     std::stop_token stop) {
        return registries_.client(from, registry::Access::pull).has_blob(blob, std::move(stop));
      };
    }
    return {client_, mount_candidates(push_, cache_), std::move(mount)};
  }

  struct Reused {
    oci::Digest diff_id;
    PlannedLayer layer;
  };

  /// Every known form that the plans would reuse, each layer once.
  static std::vector<Reused> reused(const Outgoing& outgoing, const PushOptions& options) {
    std::vector<Reused> reused;
    std::set<oci::Digest> seen;
    for (const Image* image : outgoing.images) {
      for (auto& layer : plan_layers(*image, options.known, options.compression)) {
        const oci::Digest& diff_id = image->layers[layer.first].diff_id;
        if (!layer.compress || !layer.form || !seen.insert(diff_id).second) continue;
        reused.push_back({diff_id, std::move(layer)});
      }
    }
    return reused;
  }

  /// Fetches and unpacks the forms that would be reused, and forgets the wrong ones.
  void verify_known(const Outgoing& outgoing, PushOptions& options, std::stop_token stop) {
    const std::vector<Reused> all = reused(outgoing, options);
    std::vector<char> is_false(all.size(), 0);
    run_side_by_side(all.size(), options.uploads, stop, [&](std::size_t i, std::stop_token inner) {
      const oci::Descriptor& form = *all[i].layer.form;
      if (!client_.has_blob(form, inner)) return;
      const auto plain = oci::measure(decompress(client_.open_blob(form, inner)), {}, inner);
      is_false[i] = plain.digest != all[i].diff_id ? 1 : 0;
    });
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (is_false[i] == 0) continue;
      const PlannedLayer& layer = all[i].layer;
      progress_.note(cat("the blob ", layer.form->digest.brief(), " (", layer.why,
                         ") is not layer ", layer.first + 1, ": sending the layer itself"));
      options.known.forget(layer.form->digest);
    }
  }

  Registries& registries_;
  const RegistryPush& push_;
  Progress& progress_;
  DigestCache cache_;
  registry::RegistryClient client_;
  RegistryStore store_;
};

ExpectedManifests expected_of(const Image& image, const PushOptions& options) {
  const auto manifest = expected_manifest(image, options);
  if (!manifest) return {};
  return {.root = manifest->digest, .all = {manifest->digest}};
}

IndexOptions with_push(IndexOptions options, const PushOptions& push) {
  options.push = push;
  return options;
}

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
    const Outgoing outgoing{{&image}, std::bind_front(expected_of, std::cref(image))};
    const PushOptions options = repository.prepare(outgoing, stop);
    PushReport report = push_to_store(image, repository.store(), options, progress, stop);
    if (!options.dry_run) repository.remember(compressed_forms(image, report), options);
    return report;
  });
}

IndexReport push_to_registry(const RegistryIndex& index, Registries& registries,
                             const RegistryPush& push, Progress& progress, std::stop_token stop) {
  return with_context("pushing to " + push.to.str(), [&] {
    RepositoryPush repository(registries, push, progress);
    const std::vector<IndexEntry> entries = read_parts(index.parts, stop);
    const Outgoing outgoing{described(entries), [&](const PushOptions& known) {
                              return expected_manifests(entries, with_push(index.options, known));
                            }};
    const PushOptions options = repository.prepare(outgoing, stop);
    IndexReport report = push_entries(entries, repository.store(),
                                      with_push(index.options, options), progress, stop);
    repository.remember(report.compressed_forms, options);
    return report;
  });
}

}  // namespace n2c
