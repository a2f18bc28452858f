#include "remote/learning.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "base/deadline.h"
#include "base/locked.h"
#include "base/tasks.h"
#include "base/text.h"
#include "cache/layer_forms.h"
#include "registry/client/tag_list.h"
#include "remote/likely_tags.h"
#include "remote/reuse.h"

namespace n2c {

namespace {

/// Whether a push can go on without what was asked for. It cannot when the registry is not reached.
bool is_worth_going_on(const Error& error) {
  // A file of this machine is wrong: of certificates or logins. It is for each request.
  if (error.kind() == ErrorKind::input && error.is_lasting()) return false;
  return error.kind() == ErrorKind::registry || error.kind() == ErrorKind::input ||
         error.kind() == ErrorKind::integrity;
}

/// Likely tags are a help and no more, so they are not waited for longer.
constexpr std::chrono::seconds patience_with_likely_tags{3};
/// It may be some megabytes long.
constexpr std::chrono::seconds patience_with_layer_index{10};
/// So many are looked at side by side, and then as many again while layers are unknown.
constexpr std::size_t tags_of_a_round = most_likely_tags / 2;

/// What comes before every tag that begins as this one does: "main-3f2a1bc" gives "main".
std::string beginning_of_form(std::string_view tag) {
  const std::string form = form_of_tag(tag);
  const std::size_t same =
      static_cast<std::size_t>(std::ranges::mismatch(form, tag).in1 - form.begin());
  return std::string(tag.substr(0, same == 0 ? 0 : same - 1));
}

/// All but the last three characters. What comes after it are the tags nearest in number or date.
std::string nearly_all_of(std::string_view tag) {
  return std::string(tag.substr(0, tag.size() - std::min<std::size_t>(3, tag.size())));
}

std::string name_of(const oci::Reference& reference) {
  return reference.digest ? reference.digest->str() : *reference.tag;
}

}  // namespace

Learnt Learning::discover(std::stop_token stop) {
  progress_.phase("asking what is there");
  look_around(stop);
  return {std::move(state_), std::move(layer_index_),
          failures_.with([](auto& failures) { return std::move(failures); })};
}

void Learning::look_around(const std::stop_token& stop) {
  KnownForms cached = cached_forms();
  if (push_.layer_index) {
    KnownForms indexed = indexed_forms(stop);
    indexed.add(cached);
    cached = std::move(indexed);
  }
  expected_ = outgoing_.expected(cached);
  if (layer_index_ && layer_index_->index && is_all_there(stop)) {
    state_.forms = std::move(cached);
    return;
  }
  for (const std::string& tag : outgoing_.tags) {
    const auto now = look_at({push_.to.repository, tag, std::nullopt}, stop);
    if (now) state_.tags.emplace(tag, *now);
  }
  for (const oci::Reference& reference : push_.reuse_from) look_at(reference, stop);
  const bool has_learnt = !state_.forms.empty();
  state_.forms.add(cached);
  if (has_learnt) expect();
  learn_from_last_tag(stop);
  if (state_.manifests.empty() && lacks_forms()) learn_from_likely_tags(stop);
}

/// Whatever goes wrong here, the push goes on without.
KnownForms Learning::indexed_forms(const std::stop_token& stop) {
  const oci::Reference reference{push_.to.repository, std::string(layer_index_tag), std::nullopt};
  guessing_ = stop;
  const Deadline deadline(registries_.clock(), stop, patience_with_layer_index);
  auto client = registries_.client(push_.to.repository);
  layer_index_ =
      attempt(reference, [&] { return std::optional(read_layer_index(client, deadline.token())); });
  guessing_.reset();
  KnownForms forms;
  if (!layer_index_ || !layer_index_->index) return forms;
  for (const auto& [diff_id, form] : layer_index_->index->pairs()) {
    forms.add(diff_id, {form, reference.str()});
  }
  return forms;
}

/// When the layer index tells what would be written, the tags that are moved from image to image
/// are asked what they name, so that nothing is written again. Where none names it, it is asked for
/// by its digest. A tag of each build's own is taken for a new one.
bool Learning::is_all_there(const std::stop_token& stop) {
  if (lacks_forms() || !push_.reuse_from.empty()) return false;
  auto client = registries_.client(push_.to.repository);
  const auto named = [&](const std::string& name) {
    return attempt(push_.to, [&] { return client.head_manifest(name, stop); });
  };
  const auto last_tag = cache_.find_last_tag(push_.to.repository);
  for (const std::string& tag : outgoing_.tags) {
    if (form_of_tag(tag) != tag && tag != last_tag) continue;
    if (const auto now = named(tag)) state_.tags.emplace(tag, now->digest);
  }
  const bool there = state_.has(*expected_.root) || named(expected_.root->str()).has_value();
  if (there) state_.manifests.insert(expected_.all.begin(), expected_.all.end());
  // Where it is not there, no tag holds it.
  return there || expected_.all.size() == 1;
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

/// A new tag in a repository that has others. Whatever goes wrong here, the push goes on without.
void Learning::learn_from_likely_tags(const std::stop_token& stop) {
  guessing_ = stop;
  const Deadline deadline(registries_.clock(), stop, patience_with_likely_tags);
  const std::vector<std::string> likely =
      attempt({push_.to.repository}, [&] { return tags_to_look_at(deadline.token()); });
  for (std::span<const std::string> left = likely; !left.empty() && lacks_forms();) {
    const auto round = left.first(std::min(left.size(), tags_of_a_round));
    look_side_by_side(round, deadline.token());
    left = left.subspan(round.size());
    expect();
  }
  // The tags could not be read. Still the layers are probably there, under digests not known.
  state_.probably_has_more = !likely.empty() && state_.manifests.empty();
  guessing_.reset();
}

/// Of a long list three pages are read: the first, the one where tags begin as the pushed one does,
/// and the one where they begin with nearly all of it. What a list is too long to show is guessed.
std::vector<std::string> Learning::tags_to_look_at(const std::stop_token& stop) {
  const std::string pushed = outgoing_.tags.empty() ? "" : outgoing_.tags.front();
  auto client = registries_.client(push_.to.repository);
  auto page = client.get_tag_page("", stop);
  if (!page) {
    registries_.trace(cat("nothing learnt from ", push_.to.repository.str(), ": it lists no tags"));
    return {};
  }
  std::vector<std::string> tags = std::move(page->tags);
  if (page->next && !tags.empty()) {
    const std::string shown = tags.back();
    registries_.trace(cat(push_.to.repository.str(), " has more tags than are looked through"));
    std::string asked;
    for (const std::string& before : {beginning_of_form(pushed), nearly_all_of(pushed)}) {
      if (before <= shown || before == asked) continue;
      asked = before;
      auto more = attempt({push_.to.repository}, [&] { return client.get_tag_page(before, stop); });
      if (more) std::ranges::move(more->tags, std::back_inserter(tags));
    }
    for (const char* name : {"latest", "main"}) {
      if (name > shown) tags.emplace_back(name);
    }
  }
  std::erase_if(
      tags, [&](const std::string& tag) { return !oci::is_tag(tag) || looked_at_.contains(tag); });
  return likely_tags(tags, pushed);
}

/// Images are read side by side. An index is looked into afterwards, while forms are lacking.
void Learning::look_side_by_side(std::span<const std::string> tags, const std::stop_token& stop) {
  struct Look {
    std::optional<oci::RawManifest> root;
    PairedLayers forms;
  };
  const auto reference = [&](std::size_t i) {
    return oci::Reference{push_.to.repository, tags[i], std::nullopt};
  };
  std::vector<Look> looks(tags.size());
  Locked<std::set<oci::Digest>> read;  // tags may name one manifest, or one that was read before
  const auto is_new = [&](const oci::Digest& manifest) {
    return !state_.manifests.contains(manifest) &&
           read.with([&](auto& all) { return all.insert(manifest).second; });
  };
  auto client = registries_.client(push_.to.repository);
  // What is cut short by the limit does not take with it what the others found.
  run_side_by_side(tags.size(), tags.size(), *guessing_, [&](std::size_t i, std::stop_token) {
    Look& look = looks[i];
    look.root = attempt(reference(i), [&] { return client.get_manifest(tags[i], stop); });
    if (!look.root || oci::is_index(look.root->descriptor.media_type)) return;
    if (!is_new(look.root->descriptor.digest)) return;
    look.forms = attempt(reference(i), [&] { return find_forms(client, *look.root, stop); });
  });
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const auto& root = looks[i].root;
    if (!root) continue;
    const bool is_another_tag = !state_.manifests.insert(root->descriptor.digest).second;
    add_forms(looks[i].forms, reference(i));
    if (is_another_tag || !oci::is_index(root->descriptor.media_type) || !lacks_forms()) continue;
    attempt(reference(i), [&] {
      if (const auto index = oci::Index::from_json(root->json)) {
        look_into(*index, reference(i), stop);
      }
      return true;
    });
    expect();
  }
}

std::optional<oci::Digest> Learning::look_at(const oci::Reference& reference,
                                             const std::stop_token& stop) {
  if (is_here(reference) && reference.tag) looked_at_.insert(*reference.tag);
  auto client = registries_.client(reference.repository);
  const bool is_named = std::ranges::any_of(
      push_.reuse_from, [&](const auto& named) { return named.str() == reference.str(); });
  const auto root = attempt(reference, [&] {
    auto found = client.get_manifest(name_of(reference), stop);
    if (!found && is_named) throw Error(ErrorKind::registry, "no such image at the registry");
    return found;
  });
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

/// Returns what the request gives. When it fails, keeps why and returns nothing.
template <class Request>
std::invoke_result_t<Request> Learning::attempt(const oci::Reference& reference,
                                                Request&& request) {
  try {
    return request();
  } catch (const Error& error) {
    const bool is_in_vain = !is_worth_going_on(error) || (is_here(reference) && error.is_lasting());
    if (guessing_ ? guessing_->stop_requested() : is_in_vain) throw;
    std::string line = cat("nothing learnt from ", reference.str(), ": ", error.message());
    if (guessing_) {
      registries_.trace(line);
    } else {
      failures_.with([&](auto& failures) {
        failures.push_back({std::move(line), error, is_here(reference)});
      });
    }
    return {};
  }
}

}  // namespace n2c
