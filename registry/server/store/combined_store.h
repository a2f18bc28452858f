#pragma once
/// Two of a registry's stores as one. Some repositories come from one that is only read, all others
/// from one that takes pushes.

#include <set>
#include <string>

#include "registry/server/store/store.h"

namespace n2c::registry {

/// Both stores must outlive it. Thread-safe as they are.
class CombinedStore final : public WritableStore {
 public:
  /// The repositories that `fixed` has now remain its own.
  CombinedStore(Store& fixed, WritableStore& other);

  bool takes_pushes(const std::string& repository) const override;

  std::optional<std::uint64_t> stat(const std::string& repository,
                                    const oci::Digest& blob) override;
  std::unique_ptr<Reader> open(const std::string& repository, const oci::Digest& blob,
                               std::uint64_t offset) override;
  bool makes_blobs(const std::string& repository) const override;
  std::optional<oci::RawManifest> find_manifest(const std::string& repository,
                                                const oci::Digest& manifest) override;
  std::optional<oci::Digest> find_tag(const std::string& repository,
                                      const std::string& tag) override;
  std::optional<std::vector<std::string>> tags(const std::string& repository,
                                               const TagRange& range) override;
  std::vector<oci::Digest> referrers(const std::string& repository,
                                     const oci::Digest& subject) override;
  std::vector<std::string> repositories() override;

  std::unique_ptr<StagedBlob> stage() override;
  void commit(const std::string& repository, const oci::Digest& digest,
              std::unique_ptr<StagedBlob> bytes) override;
  /// Only repositories that take pushes mount from each other.
  bool mount(const std::string& repository, const oci::Digest& blob,
             const std::optional<std::string>& from) override;
  std::vector<oci::Digest> put_manifest(const std::string& repository,
                                        const NewManifest& manifest) override;
  bool remove_blob(const std::string& repository, const oci::Digest& blob) override;
  bool remove_manifest(const std::string& repository, const oci::Digest& manifest) override;
  bool remove_tag(const std::string& repository, const std::string& tag) override;

 private:
  Store& of(const std::string& repository);

  Store& fixed_;
  WritableStore& other_;
  std::set<std::string> fixed_repositories_;
};

}  // namespace n2c::registry
