#include "push/registry_push.h"

#include <algorithm>

#include "base/codec.h"
#include "base/hash.h"
#include "base/tasks.h"
#include "base/text.h"
#include "push/digest_cache.h"
#include "push/registry_store.h"
#include "push/reuse.h"

namespace n2c {

namespace {

/// Not being able to learn is no reason not to push; not getting through to the registry is.
bool is_worth_going_on(const Error& error) {
  return error.kind() == ErrorKind::registry || error.kind() == ErrorKind::input ||
         error.kind() == ErrorKind::integrity;
}

class Learning {
 public:
  Learning(Registries& registries, const RegistryPush& push, Progress& progress)
      : registries_(registries), push_(push), progress_(progress) {}

  /// Fills in what the repository says about the tags to be written, and the others say of layers.
  void learn(const Image& image, const DigestCache& cache, PushOptions& options,
             std::stop_token stop) {
    PushOptions cached = options;
    add_cached(image, cache, options.compression, cached.known);
    const auto expected = expected_manifest(image, cached);
    for (const std::string& tag : options.tags) {
      const oci::Reference reference{push_.to.repository, tag, std::nullopt};
      if (const auto held = find(reference, tag, expected, stop)) {
        options.tags_now.emplace(tag, held->manifest.digest);
        add(options.known, *held, reference);
      }
    }
    for (const oci::Reference& reference : push_.reuse_from) {
      const std::string name = reference.digest ? reference.digest->str() : *reference.tag;
      if (const auto held = find(reference, name, expected, stop))
        add(options.known, *held, reference);
    }
    add_cached(image, cache, options.compression, options.known);
    if (knows_all(image, options)) return;
    const auto last_tag = cache.find_last_tag(push_.to.repository);
    if (!last_tag || options.tags_now.contains(*last_tag)) return;
    const oci::Reference last{push_.to.repository, last_tag, std::nullopt};
    if (const auto held = find(last, *last_tag, expected, stop)) {
      add(options.known, *held, last);
    }
  }

 private:
  static void add_cached(const Image& image, const DigestCache& cache,
                         const Compression& compression, KnownForms& known) {
    const std::string recipe = compression.recipe();
    const std::string media_type(layer_media_type(compression.codec));
    for (const Layer& layer : image.layers) {
      if (const auto form = cache.find_form(layer.diff_id, recipe)) {
        known.add(layer.diff_id, {{media_type, form->digest, form->size}, "the cache"});
      }
    }
  }

  static bool knows_all(const Image& image, const PushOptions& options) {
    return std::ranges::all_of(plan_layers(image, options.known, options.compression),
                               [](const PlannedLayer& layer) { return layer.form.has_value(); });
  }

  std::optional<HeldImage> find(const oci::Reference& reference, const std::string& name,
                                const std::optional<oci::Descriptor>& expected,
                                std::stop_token stop) {
    try {
      auto client = registries_.client(reference.repository);
      return find_held_image(client, name, expected, stop);
    } catch (const Error& error) {
      if (!is_worth_going_on(error)) throw;
      progress_.note(cat("nothing learnt from ", reference.str(), ": ", error.message()));
      return std::nullopt;
    }
  }

  static void add(KnownForms& known, const HeldImage& held, const oci::Reference& reference) {
    for (const auto& [diff_id, descriptor] : held.forms) {
      known.add(diff_id, {descriptor, reference.str()});
    }
  }

  Registries& registries_;
  const RegistryPush& push_;
  Progress& progress_;
};

/// Fetches and inflates every known form that the plan would reuse; forgets the false ones.
void verify_known(const Image& image, registry::RegistryClient& client, PushOptions& options,
                  Progress& progress, std::stop_token stop) {
  auto plan = plan_layers(image, options.known, options.compression);
  std::erase_if(plan, [](const PlannedLayer& layer) { return !layer.compress || !layer.form; });
  std::vector<char> is_false(plan.size(), 0);
  run_side_by_side(plan.size(), options.uploads, stop, [&](std::size_t i, std::stop_token inner) {
    if (!client.has_blob(*plan[i].form, inner)) return;
    HashingReader bytes(decompress(client.open_blob(*plan[i].form, inner)));
    skip(bytes, ~std::uint64_t{0});
    is_false[i] = bytes.finish_hex() != image.layers[plan[i].first].diff_id.hex();
  });
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (is_false[i] == 0) continue;
    progress.note(cat("the blob ", plan[i].form->digest.brief(), " (", plan[i].why,
                      ") is not layer ", plan[i].first + 1, ": sending the layer itself"));
    options.known.forget(plan[i].form->digest);
  }
}

std::vector<std::string> tags_of(const RegistryPush& push) {
  std::vector<std::string> tags;
  if (push.to.tag) tags.push_back(*push.to.tag);
  for (const std::string& tag : push.more_tags) {
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(tag);
  }
  return tags;
}

/// Each repository that lacks a blob costs a request for it.
constexpr std::size_t most_remembered_siblings = 2;

/// What --reuse-from names in other repositories of this registry can be mounted from there, and
/// so perhaps can what this machine pushed to others.
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

/// What the codec made of layers, and where to. What was remembered of them before is replaced.
void remember(DigestCache& cache, const Image& image, const PushOptions& options,
              const RegistryPush& push, const PushReport& report) {
  const std::string recipe = options.compression.recipe();
  for (const LayerOutcome& layer : report.layers) {
    const Layer& source = image.layers[layer.first];
    if (!layer.compressed) continue;
    cache.add_form(source.diff_id, recipe, {layer.form->digest, layer.form->size});
  }
  cache.add_push(push.to.repository, options.tags.empty() ? "" : options.tags.front());
  cache.save();  // without it the next push takes longer, no more
}

}  // namespace

PushReport push_to_registry(const Image& image, Registries& registries, const RegistryPush& push,
                            Progress& progress, std::stop_token stop) {
  PushOptions options = push.options;
  options.tags = tags_of(push);
  options.must_be = push.to.digest;
  auto client = registries.client(push.to.repository);
  return with_context("pushing to " + push.to.str(), [&] {
    DigestCache cache(push.cache_file);
    if (push.reuse) Learning(registries, push, progress).learn(image, cache, options, stop);
    // A new tag in a repository that has others: its layers are likely there, unknown to us.
    if (push.reuse && options.known.empty()) options.measure_first = client.has_tags(stop);
    if (push.verify_reuse) verify_known(image, client, options, progress, stop);
    RegistryStore store(client, mount_candidates(push, cache));
    PushReport report = push_to_store(image, store, options, progress, stop);
    if (!options.dry_run) remember(cache, image, options, push, report);
    return report;
  });
}

}  // namespace n2c
