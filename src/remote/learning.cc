#include "remote/learning.h"

#include <algorithm>

#include "base/tasks.h"
#include "base/text.h"
#include "remote/reuse.h"

namespace n2c {

namespace {

/// Whether a push can go on without what was asked for. It cannot when the registry is not reached.
bool is_worth_going_on(const Error& error) {
  return error.kind() == ErrorKind::registry || error.kind() == ErrorKind::input ||
         error.kind() == ErrorKind::integrity;
}

bool knows_all(const Outgoing& outgoing, const PushOptions& options) {
  return std::ranges::all_of(outgoing.images, [&](const Image* image) {
    return std::ranges::all_of(plan_layers(*image, options.known, options.compression),
                               [](const PlannedLayer& layer) { return layer.form.has_value(); });
  });
}

void add_forms(KnownForms& known, const PairedLayers& forms, const oci::Reference& reference) {
  for (const auto& [diff_id, form] : forms) known.add(diff_id, {form, reference.str()});
}

std::string name_of(const oci::Reference& reference) {
  return reference.digest ? reference.digest->str() : *reference.tag;
}

}  // namespace

void Learning::learn(const Outgoing& outgoing, PushOptions& options, std::stop_token stop) {
  const KnownForms cached = cached_forms(outgoing, options.compression);
  PushOptions with_cached = options;
  with_cached.known.add(cached);
  expected_ = outgoing.expected(with_cached);
  lacks_forms_ = !knows_all(outgoing, with_cached);
  for (const std::string& tag : options.tags) {
    const auto now = look_at({push_.to.repository, tag, std::nullopt}, options, stop);
    if (now) options.tags_now.emplace(tag, *now);
  }
  for (const oci::Reference& reference : push_.reuse_from) look_at(reference, options, stop);
  options.known.add(cached);
  learn_from_last_tag(outgoing, options, stop);
  // A new tag in a repository that has others. Its layers are probably there, but n2c does not know
  // their digests.
  if (options.held.empty() && !knows_all(outgoing, options)) {
    options.measure_first = registries_.client(push_.to.repository).has_tags(stop);
  }
}

KnownForms Learning::cached_forms(const Outgoing& outgoing, const Compression& compression) const {
  const std::string recipe = compression.recipe();
  const std::string media_type(layer_media_type(compression.codec));
  KnownForms cached;
  for (const Image* image : outgoing.images) {
    for (const Layer& layer : image->layers) {
      if (const auto form = cache_.find_form(layer.diff_id, recipe)) {
        cached.add(layer.diff_id, {{media_type, form->digest, form->size}, "the cache"});
      }
    }
  }
  return cached;
}

/// When all forms are known, it only asks whether the tag holds what is to be written.
void Learning::learn_from_last_tag(const Outgoing& outgoing, PushOptions& options,
                                   std::stop_token stop) {
  const auto tag = cache_.find_last_tag(push_.to.repository);
  if (!tag || std::ranges::find(options.tags, *tag) != options.tags.end()) return;
  const oci::Reference last{push_.to.repository, tag, std::nullopt};
  if (!knows_all(outgoing, options)) {
    look_at(last, options, stop);
    return;
  }
  const ExpectedManifests expected = outgoing.expected(options);
  if (!expected.root || is_held(options, *expected.root)) return;
  auto client = registries_.client(last.repository);
  const auto now = attempt(last, [&] { return client.head_manifest(*tag, stop); });
  if (now && now->digest == *expected.root) {
    options.held.insert(expected.all.begin(), expected.all.end());
  }
}

std::optional<oci::Digest> Learning::look_at(const oci::Reference& reference, PushOptions& options,
                                             std::stop_token stop) {
  auto client = registries_.client(reference.repository);
  const auto root =
      attempt(reference, [&] { return client.get_manifest(name_of(reference), stop); });
  if (!root) return std::nullopt;
  const oci::Digest& digest = root->descriptor.digest;
  if (is_here(reference) && !options.held.insert(digest).second) return digest;  // by another tag
  if (expected_.root == digest) {
    if (is_here(reference)) options.held.insert(expected_.all.begin(), expected_.all.end());
  } else if (!oci::is_index(root->descriptor.media_type)) {
    if (expected_.all.contains(digest)) return digest;
    add_forms(options.known, attempt(reference, [&] { return find_forms(client, *root, stop); }),
              reference);
  } else if (const auto index = oci::Index::from_json(root->json)) {
    look_into(*index, reference, options, stop);
  }
  return digest;
}

void Learning::look_into(const oci::Index& index, const oci::Reference& reference,
                         PushOptions& options, std::stop_token stop) {
  struct Found {
    bool is_there = false;
    PairedLayers forms;
  };
  const bool here = is_here(reference);
  auto listed = worth_a_look(index, expected_.all, lacks_forms_);
  if (here) {
    std::erase_if(listed, [&](const auto& one) { return options.held.contains(one.digest); });
  }
  std::vector<Found> found(listed.size());
  auto client = registries_.client(reference.repository);
  run_side_by_side(listed.size(), options.probes, stop, [&](std::size_t i, std::stop_token inner) {
    const std::string digest = listed[i].digest.str();
    found[i] = attempt(reference, [&]() -> Found {
      if (expected_.all.contains(listed[i].digest)) {
        return {here && client.head_manifest(digest, inner).has_value(), {}};
      }
      const auto manifest = client.get_manifest(digest, inner);
      if (!manifest) return {};
      return {true, find_forms(client, *manifest, inner)};
    });
  });
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (here && found[i].is_there) options.held.insert(listed[i].digest);
    add_forms(options.known, found[i].forms, reference);
  }
}

/// Returns what the request gives. When it fails, notes why and returns nothing.
template <class Request>
std::invoke_result_t<Request> Learning::attempt(const oci::Reference& reference,
                                                Request&& request) {
  try {
    return request();
  } catch (const Error& error) {
    if (!is_worth_going_on(error)) throw;
    progress_.note(cat("nothing learnt from ", reference.str(), ": ", error.message()));
    return {};
  }
}

}  // namespace n2c
