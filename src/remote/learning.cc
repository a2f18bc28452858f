#include "remote/learning.h"

#include <algorithm>

#include "base/tasks.h"
#include "base/text.h"
#include "cache/layer_forms.h"
#include "remote/reuse.h"

namespace n2c {

namespace {

/// Whether a push can go on without what was asked for. It cannot when the registry is not reached.
bool is_worth_going_on(const Error& error) {
  return error.kind() == ErrorKind::registry || error.kind() == ErrorKind::input ||
         error.kind() == ErrorKind::integrity;
}

std::string name_of(const oci::Reference& reference) {
  return reference.digest ? reference.digest->str() : *reference.tag;
}

}  // namespace

RepositoryState Learning::discover(std::stop_token stop) {
  const KnownForms cached = cached_forms();
  expected_ = outgoing_.expected(cached);
  for (const std::string& tag : outgoing_.tags) {
    const auto now = look_at({push_.to.repository, tag, std::nullopt}, stop);
    if (now) state_.tags.emplace(tag, *now);
  }
  for (const oci::Reference& reference : push_.reuse_from) look_at(reference, stop);
  const bool has_learnt = !state_.forms.empty();
  state_.forms.add(cached);
  if (has_learnt) expect();
  learn_from_last_tag(stop);
  // A new tag in a repository that has others. Its layers are probably there, but n2c does not know
  // their digests.
  if (state_.manifests.empty() && lacks_forms()) {
    state_.probably_has_more = registries_.client(push_.to.repository).has_tags(stop);
  }
  return std::move(state_);
}

KnownForms Learning::cached_forms() const {
  KnownForms cached;
  const Compression& compression = push_.options.compression;
  const std::string recipe = compression.recipe();
  const std::string_view media_type = layer_media_type(compression.codec);
  for (const Image* image : outgoing_.images) {
    const auto forms = remembered_forms(cache_, diff_ids_of(*image), recipe, media_type);
    for (const auto& [diff_id, form] : forms) {
      cached.add(diff_id, {form, "the cache"});
    }
  }
  return cached;
}

void Learning::add_forms(const PairedLayers& forms, const oci::Reference& reference) {
  for (const auto& [diff_id, form] : forms) state_.forms.add(diff_id, {form, reference.str()});
}

/// When all forms are known, it only asks whether the tag holds what is to be written.
void Learning::learn_from_last_tag(const std::stop_token& stop) {
  const auto tag = cache_.find_last_tag(push_.to.repository);
  if (!tag || std::ranges::find(outgoing_.tags, *tag) != outgoing_.tags.end()) return;
  const oci::Reference last{push_.to.repository, tag, std::nullopt};
  if (lacks_forms()) {
    look_at(last, stop);
    expect();
    return;
  }
  if (state_.has(*expected_.root)) return;
  auto client = registries_.client(last.repository);
  const auto now = attempt(last, [&] { return client.head_manifest(*tag, stop); });
  if (now && now->digest == *expected_.root) {
    state_.manifests.insert(expected_.all.begin(), expected_.all.end());
  }
}

std::optional<oci::Digest> Learning::look_at(const oci::Reference& reference,
                                             const std::stop_token& stop) {
  auto client = registries_.client(reference.repository);
  const auto root =
      attempt(reference, [&] { return client.get_manifest(name_of(reference), stop); });
  if (!root) return std::nullopt;
  const oci::Digest& digest = root->descriptor.digest;
  if (is_here(reference) && !state_.manifests.insert(digest).second) return digest;  // another tag
  if (expected_.root == digest) {
    if (is_here(reference)) state_.manifests.insert(expected_.all.begin(), expected_.all.end());
  } else if (!oci::is_index(root->descriptor.media_type)) {
    if (expected_.all.contains(digest)) return digest;
    add_forms(attempt(reference, [&] { return find_forms(client, *root, stop); }), reference);
  } else if (const auto index = oci::Index::from_json(root->json)) {
    look_into(*index, reference, stop);
  }
  return digest;
}

void Learning::look_into(const oci::Index& index, const oci::Reference& reference,
                         const std::stop_token& stop) {
  struct Found {
    bool is_there = false;
    PairedLayers forms;
  };
  const bool here = is_here(reference);
  auto listed = worth_a_look(index, expected_.all, lacks_forms());
  if (here) {
    std::erase_if(listed, [&](const auto& one) { return state_.manifests.contains(one.digest); });
  }
  std::vector<Found> found(listed.size());
  auto client = registries_.client(reference.repository);
  const std::size_t at_once = push_.options.probes;
  run_side_by_side(listed.size(), at_once, stop, [&](std::size_t i, std::stop_token inner) {
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
    if (here && found[i].is_there) state_.manifests.insert(listed[i].digest);
    add_forms(found[i].forms, reference);
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
