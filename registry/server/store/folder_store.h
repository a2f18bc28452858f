#pragma once
/// A store in a folder (see folder_layout.h): repositories as OCI image layouts that share
/// their blobs by hard links. Needs a file system with hard links.

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/locked.h"
#include "registry/server/store/folder_layout.h"
#include "registry/server/store/memory_budget.h"
#include "registry/server/store/store.h"

namespace n2c::registry {

class FolderRepository;

/// What a collection removed.
struct Collected {
  std::size_t blobs = 0;
  std::uint64_t bytes = 0;
};

/// Its process may end at any moment: what was committed is whole, and nothing else is left.
/// Thread-safe. One process at a time; a second is refused.
class FolderStore final : public WritableStore {
 public:
  using Note = std::function<void(std::string line)>;
  /// Opens or makes the folder. Throws Error{local} when that cannot be done. `note` is told what
  /// is wrong inside, from any thread: what an index names that is not there (such tags are not
  /// listed), and repositories that cannot be read (their requests fail; the others are served).
  /// Where there is a `memory`, which outlives this, the indexes take theirs from it; what needs an
  /// index that finds no room throws StoreFull.
  explicit FolderStore(std::filesystem::path root, Note note = {}, MemoryBudget* memory = nullptr);
  /// Writes what large repositories have in their journals only into their indexes.
  ~FolderStore() override;
  FolderStore(const FolderStore&) = delete;
  FolderStore& operator=(const FolderStore&) = delete;

  /// Removes the blobs that no manifest of their repository names, then those that no repository
  /// has. Nothing else may use the registry's store meanwhile.
  Collected collect();

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

  std::unique_ptr<StagedBlob> stage() override { return layout_.stage(); }
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
  using Handle = std::shared_ptr<FolderRepository>;

  void tell(std::string line) const;
  Handle make(const std::string& repository);
  Handle find(const std::string& repository);
  Handle require(const std::string& repository);
  void collect(FolderRepository& repository);
  std::vector<oci::Digest> missing_of(const std::string& repository, const RepositoryIndex& index,
                                      const NewManifest& manifest) const;

  FolderLayout layout_;
  Note note_;
  MemoryBudget* memory_;
  Locked<std::map<std::string, Handle>> repositories_;
  MemoryBudget::Share room_;  // what these take, with their lock
};

}  // namespace n2c::registry
