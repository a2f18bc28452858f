#pragma once
/// The manifests and tags of one repository, as a value without locks or files. It is made for a
/// million tags: each takes its name and about 120 bytes. A manifest takes 700, and 450 more when
/// it has a subject.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "registry/server/store/store.h"

namespace n2c::registry {

/// What is kept of a manifest besides its bytes.
struct ManifestEntry {
  oci::Descriptor descriptor;  ///< without annotations
  std::optional<oci::Digest> subject{};
};

/// The entry for a manifest. A manifest that cannot be parsed refers to nothing.
ManifestEntry make_entry(const oci::RawManifest& manifest);

class RepositoryIndex {
 public:
  RepositoryIndex() = default;
  RepositoryIndex(RepositoryIndex&&) = default;
  RepositoryIndex& operator=(RepositoryIndex&&) = default;

  void put(ManifestEntry entry, const std::vector<std::string>& tags);
  /// Removes a manifest and its tags. Returns false when there is none.
  bool remove(const oci::Digest& manifest);
  bool remove_tag(const std::string& tag);

  const ManifestEntry* find(const oci::Digest& manifest) const;
  std::optional<oci::Digest> find_tag(const std::string& tag) const;
  /// In byte order, at most `limit` of those behind `last`.
  std::vector<std::string> tags(std::string_view last, std::size_t limit) const;
  std::vector<oci::Digest> referrers(const oci::Digest& subject) const;
  std::vector<oci::Digest> manifests() const;
  /// How many manifests and tags there are.
  std::size_t size() const { return manifests_.size() + tags_.size(); }
  /// About how many bytes of memory they take, and how many more such manifests and tags would.
  std::uint64_t memory() const;
  static std::uint64_t memory_of(std::size_t manifests, const std::vector<std::string>& tags);

  /// Calls `each` with what an image layout's index.json lists: one descriptor for each tag, named
  /// by the annotation org.opencontainers.image.ref.name, and one for each manifest without
  /// (image-layout.md).
  void list(const std::function<void(const oci::Descriptor&)>& each) const;

 private:
  struct Kept {
    ManifestEntry entry;
    std::size_t tags = 0;
  };
  using Manifests = std::map<oci::Digest, Kept>;
  using Tags = std::map<std::string, Manifests::iterator, std::less<>>;  // iterators: small ones

  void set_tag(const std::string& tag, Manifests::iterator manifest);
  void forget_subject(const ManifestEntry& entry);

  Manifests manifests_;
  Tags tags_;
  std::map<oci::Digest, std::set<oci::Digest>> referrers_;  // by subject
  std::size_t with_subject_ = 0;                            // manifests
  std::uint64_t tag_bytes_ = 0;                             // of all tags' names
};

/// Throws TagMoved where the manifest may not replace what its last tag names.
void refuse_moved(const RepositoryIndex& index, const NewManifest& manifest);

}  // namespace n2c::registry
