#include "registry/server/store/repository_index.h"

#include "oci/layout.h"
#include "registry/server/store/manifest_facts.h"

namespace n2c::registry {

namespace {

constexpr std::uint64_t bytes_of_manifest = 700, bytes_of_subject = 450, bytes_of_tag = 120;

}  // namespace

ManifestEntry make_entry(const oci::RawManifest& manifest) {
  const std::string& media_type = manifest.descriptor.media_type;
  ManifestEntry entry{.descriptor = oci::Descriptor{media_type, manifest.descriptor.digest,
                                                    manifest.descriptor.size}};
  if (auto facts = read_manifest_facts(manifest.json, media_type)) {
    entry.subject = std::move(facts->subject);
  }
  return entry;
}

void RepositoryIndex::put(ManifestEntry entry, const std::vector<std::string>& tags) {
  const oci::Digest digest = entry.descriptor.digest;
  const auto kept = manifests_.try_emplace(digest, Kept{entry}).first;
  forget_subject(kept->second.entry);
  if (entry.subject) {
    referrers_[*entry.subject].insert(digest);
    ++with_subject_;
  }
  kept->second.entry = std::move(entry);
  for (const std::string& tag : tags) set_tag(tag, kept);
}

void RepositoryIndex::set_tag(const std::string& tag, Manifests::iterator manifest) {
  const auto [place, is_new] = tags_.try_emplace(tag, manifest);
  if (is_new) {
    tag_bytes_ += tag.size();
  } else {
    --place->second->second.tags;
  }
  place->second = manifest;
  ++manifest->second.tags;
}

void RepositoryIndex::forget_subject(const ManifestEntry& entry) {
  if (!entry.subject) return;
  const auto found = referrers_.find(*entry.subject);
  if (found == referrers_.end()) return;
  with_subject_ -= found->second.erase(entry.descriptor.digest);
  if (found->second.empty()) referrers_.erase(found);
}

bool RepositoryIndex::remove(const oci::Digest& manifest) {
  const auto found = manifests_.find(manifest);
  if (found == manifests_.end()) return false;
  if (found->second.tags != 0) {
    std::erase_if(tags_, [&](const auto& tag) {
      if (tag.second != found) return false;
      tag_bytes_ -= tag.first.size();
      return true;
    });
  }
  forget_subject(found->second.entry);
  manifests_.erase(found);
  return true;
}

bool RepositoryIndex::remove_tag(const std::string& tag) {
  const auto found = tags_.find(tag);
  if (found == tags_.end()) return false;
  --found->second->second.tags;
  tag_bytes_ -= found->first.size();
  tags_.erase(found);
  return true;
}

std::uint64_t RepositoryIndex::memory() const {
  return manifests_.size() * bytes_of_manifest + with_subject_ * bytes_of_subject +
         tags_.size() * bytes_of_tag + tag_bytes_;
}

std::uint64_t RepositoryIndex::memory_of(std::size_t manifests,
                                         const std::vector<std::string>& tags) {
  std::uint64_t bytes = manifests * (bytes_of_manifest + bytes_of_subject);
  for (const std::string& tag : tags) bytes += bytes_of_tag + tag.size();
  return bytes;
}

const ManifestEntry* RepositoryIndex::find(const oci::Digest& manifest) const {
  const auto found = manifests_.find(manifest);
  return found == manifests_.end() ? nullptr : &found->second.entry;
}

std::optional<oci::Digest> RepositoryIndex::find_tag(const std::string& tag) const {
  const auto found = tags_.find(tag);
  if (found == tags_.end()) return {};
  return found->second->first;
}

std::vector<std::string> RepositoryIndex::tags(std::string_view last, std::size_t limit) const {
  std::vector<std::string> tags;
  for (auto at = tags_.upper_bound(last); at != tags_.end() && tags.size() < limit; ++at) {
    tags.push_back(at->first);
  }
  return tags;
}

std::vector<oci::Digest> RepositoryIndex::referrers(const oci::Digest& subject) const {
  const auto found = referrers_.find(subject);
  if (found == referrers_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<oci::Digest> RepositoryIndex::manifests() const {
  std::vector<oci::Digest> digests;
  digests.reserve(manifests_.size());
  for (const auto& [digest, kept] : manifests_) digests.push_back(digest);
  return digests;
}

void RepositoryIndex::list(const std::function<void(const oci::Descriptor&)>& each) const {
  for (const auto& [tag, manifest] : tags_) {
    oci::Descriptor descriptor = manifest->second.entry.descriptor;
    descriptor.annotations = {{std::string(oci::layout::ref_name), tag}};
    each(descriptor);
  }
  for (const auto& [digest, kept] : manifests_) {
    if (kept.tags == 0) each(kept.entry.descriptor);
  }
}

void refuse_moved(const RepositoryIndex& index, const NewManifest& manifest) {
  if (!manifest.may_replace || manifest.tags.empty()) return;
  if (!manifest.may_replace(index.find_tag(manifest.tags.back()))) throw TagMoved();
}

}  // namespace n2c::registry
