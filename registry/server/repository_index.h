#pragma once
/// The manifests and tags of one repository, as a value without locks or files.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "registry/server/store.h"

namespace n2c::registry {

/// What is kept of a manifest besides its bytes.
struct ManifestEntry {
  oci::Descriptor descriptor;  ///< without annotations
  std::optional<oci::Digest> subject{};
  std::string artifact_type{};
  oci::Annotations annotations{};  ///< the manifest's own
};

/// The entry for a manifest; one that does not parse refers to nothing.
ManifestEntry make_entry(const ManifestRecord& manifest);

class RepositoryIndex {
 public:
  void put(ManifestEntry entry, const std::vector<std::string>& tags);
  /// With its tags. False when there is none such.
  bool remove(const oci::Digest& manifest);
  bool remove_tag(const std::string& tag) { return tags_.erase(tag) != 0; }

  const ManifestEntry* find(const oci::Digest& manifest) const;
  std::optional<oci::Digest> find_tag(const std::string& tag) const;
  std::vector<std::string> tags() const;
  std::vector<Referrer> referrers(const oci::Digest& subject) const;
  const std::map<oci::Digest, ManifestEntry>& manifests() const { return manifests_; }

  /// An image-layout's index.json: one descriptor for each tag, named by the annotation
  /// org.opencontainers.image.ref.name, and one for each manifest without (image-layout.md).
  std::string to_json() const;

 private:
  std::map<oci::Digest, ManifestEntry> manifests_;
  std::map<std::string, oci::Digest> tags_;
};

}  // namespace n2c::registry
