#include "registry/server/repository_index.h"

#include <set>

#include "registry/server/manifest_facts.h"

namespace n2c::registry {

ManifestEntry make_entry(const ManifestRecord& manifest) {
  const std::string& media_type = manifest.descriptor.media_type;
  ManifestEntry entry{
      .descriptor = {media_type, manifest.descriptor.digest, manifest.descriptor.size}};
  auto facts = read_manifest_facts(manifest.json, media_type);
  if (!facts) return entry;
  entry.subject = std::move(facts->subject);
  entry.artifact_type = std::move(facts->artifact_type);
  entry.annotations = std::move(facts->annotations);
  return entry;
}

void RepositoryIndex::put(ManifestEntry entry, const std::vector<std::string>& tags) {
  const oci::Digest digest = entry.descriptor.digest;
  manifests_.insert_or_assign(digest, std::move(entry));
  for (const std::string& tag : tags) tags_.insert_or_assign(tag, digest);
}

bool RepositoryIndex::remove(const oci::Digest& manifest) {
  std::erase_if(tags_, [&](const auto& tag) { return tag.second == manifest; });
  return manifests_.erase(manifest) != 0;
}

const ManifestEntry* RepositoryIndex::find(const oci::Digest& manifest) const {
  const auto found = manifests_.find(manifest);
  return found == manifests_.end() ? nullptr : &found->second;
}

std::optional<oci::Digest> RepositoryIndex::find_tag(const std::string& tag) const {
  const auto found = tags_.find(tag);
  if (found == tags_.end()) return {};
  return found->second;
}

std::vector<std::string> RepositoryIndex::tags() const {
  std::vector<std::string> tags;
  tags.reserve(tags_.size());
  for (const auto& [tag, digest] : tags_) tags.push_back(tag);
  return tags;
}

std::vector<Referrer> RepositoryIndex::referrers(const oci::Digest& subject) const {
  std::vector<Referrer> referrers;
  for (const auto& [digest, entry] : manifests_) {
    if (entry.subject != subject) continue;
    Referrer referrer{entry.descriptor, entry.artifact_type};
    referrer.descriptor.annotations = entry.annotations;
    referrers.push_back(std::move(referrer));
  }
  return referrers;
}

std::string RepositoryIndex::to_json() const {
  oci::Index index;
  std::set<oci::Digest> tagged;
  for (const auto& [tag, digest] : tags_) {
    oci::Descriptor descriptor = manifests_.at(digest).descriptor;
    descriptor.annotations = {{"org.opencontainers.image.ref.name", tag}};
    index.manifests.push_back(std::move(descriptor));
    tagged.insert(digest);
  }
  for (const auto& [digest, entry] : manifests_) {
    if (!tagged.contains(digest)) index.manifests.push_back(entry.descriptor);
  }
  return index.to_json();
}

}  // namespace n2c::registry
