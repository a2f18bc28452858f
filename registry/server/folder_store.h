#pragma once
/// A store in a folder (see folder_layout.h): repositories as OCI image layouts that share
/// their blobs by hard links. Needs a file system with hard links.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/locked.h"
#include "registry/server/folder_layout.h"
#include "registry/server/store.h"

namespace n2c::registry {

/// What a collection removed.
struct Collected {
  std::size_t blobs = 0;
  std::uint64_t bytes = 0;
};

/// Survives the end of its process at any moment: what was committed is there, whole, and what
/// was not is gone. Thread-safe; one process at a time (a second is refused).
class FolderStore final : public WritableStore {
 public:
  /// Opens or makes the folder. Throws Error{local}.
  explicit FolderStore(std::filesystem::path root);

  /// What the folder's indexes name that is not there, one line each; such tags are not listed.
  const std::vector<std::string>& problems() const { return problems_; }
  /// Removes blobs that no manifest of their repository names, then those that no repository
  /// has. Nothing else may use the store meanwhile.
  Collected collect();

  std::optional<std::uint64_t> stat(const std::string& repository,
                                    const oci::Digest& blob) override;
  std::unique_ptr<Reader> open(const std::string& repository, const oci::Digest& blob,
                               std::uint64_t offset) override;
  std::optional<ManifestRecord> find_manifest(const std::string& repository,
                                              const oci::Digest& manifest) override;
  std::optional<oci::Digest> find_tag(const std::string& repository,
                                      const std::string& tag) override;
  std::optional<std::vector<std::string>> tags(const std::string& repository) override;
  std::vector<Referrer> referrers(const std::string& repository,
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
  using Repositories = std::map<std::string, RepositoryIndex>;
  RepositoryIndex& require(Repositories& all, const std::string& repository);
  std::vector<oci::Digest> missing_of(const RepositoryIndex& index, const std::string& repository,
                                      const NewManifest& manifest);
  /// Writes a changed copy of a repository's index, then takes it.
  void replace(const std::string& repository, RepositoryIndex& index, RepositoryIndex changed);

  FolderLayout layout_;
  std::vector<std::string> problems_;
  Locked<Repositories> repositories_;
};

}  // namespace n2c::registry
