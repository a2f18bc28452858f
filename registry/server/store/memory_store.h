#pragma once
/// A store that lives and ends with the process: for tests, demos and loopback loads.

#include <map>
#include <string>
#include <utility>

#include "base/locked.h"
#include "registry/server/store/memory_budget.h"
#include "registry/server/store/repository_index.h"
#include "registry/server/store/store.h"

namespace n2c::registry {

/// Bytes in memory, written once and read by many.
class MemoryBlob;

/// Blobs are shared between repositories and freed when the last one lets go. Thread-safe.
class MemoryStore final : public WritableStore {
 public:
  /// What is kept takes its bytes from `budget`, if there is one. Staging and putting throw
  /// StoreFull when it has none left.
  explicit MemoryStore(MemoryBudget* budget = nullptr);

  std::optional<std::uint64_t> stat(const std::string& repository,
                                    const oci::Digest& blob) override;
  std::unique_ptr<Reader> open(const std::string& repository, const oci::Digest& blob,
                               std::uint64_t offset) override;
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
  bool mount(const std::string& repository, const oci::Digest& blob,
             const std::optional<std::string>& from) override;
  std::vector<oci::Digest> put_manifest(const std::string& repository,
                                        const NewManifest& manifest) override;
  bool remove_blob(const std::string& repository, const oci::Digest& blob) override;
  bool remove_manifest(const std::string& repository, const oci::Digest& manifest) override;
  bool remove_tag(const std::string& repository, const std::string& tag) override;

 private:
  using BlobRef = std::shared_ptr<const MemoryBlob>;
  struct KeptManifest {
    std::string json;
    MemoryBudget::Share share;
  };
  struct Contents {
    std::map<oci::Digest, BlobRef> blobs;
    std::map<oci::Digest, KeptManifest> manifests;
    RepositoryIndex index;
  };
  struct SharedBlob {
    BlobRef blob;
    std::size_t repositories = 0;  ///< that have it
  };
  struct Kept {
    std::map<std::string, Contents> repositories;
    std::map<oci::Digest, SharedBlob> blobs;  ///< of all repositories, so that none is searched
    MemoryBudget::Share room;  ///< what all takes besides the bytes of blobs and manifests

    const Contents* find(const std::string& repository) const {
      const auto found = repositories.find(repository);
      return found == repositories.end() ? nullptr : &found->second;
    }
    Contents* find(const std::string& repository) {
      return const_cast<Contents*>(std::as_const(*this).find(repository));
    }
    /// What a repository takes that is not there yet.
    std::uint64_t room_for(const std::string& repository) const;
    void take_room(std::uint64_t bytes);
    void give(const std::string& repository, const oci::Digest& digest, const BlobRef& blob);
  };

  BlobRef find_blob(const std::string& repository, const oci::Digest& blob);

  MemoryBudget* budget_;
  Locked<Kept> kept_;
};

}  // namespace n2c::registry
