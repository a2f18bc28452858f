#pragma once
/// The files of a registry in a folder, and every change to them that has to be atomic.
///
///     ROOT/lock                              held while a server or a collection runs
///     ROOT/uploads/…                         blobs that are arriving; emptied at the start
///     ROOT/blobs/sha256/HEX                  every blob and manifest, once
///     ROOT/repositories/acme+app/oci-layout  each repository is an OCI image layout:
///                                index.json  tags, and manifests without one
///                                blobs/…     hard links to ROOT/blobs
///
/// '/' in a repository path is '+' in its folder ('+' is in no repository path). A file comes
/// to its place by rename or link when it is whole and on the disk, and index.json changes
/// last: whenever the process dies, each index names only what is there. `skopeo copy
/// oci:ROOT/repositories/acme+app:TAG …` reads such a repository without a server.

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "registry/server/repository_index.h"
#include "registry/server/store.h"

namespace n2c::registry {

class FolderLayout {
 public:
  /// Makes the folders, takes the lock and empties uploads. Throws Error{local}, also when
  /// another process holds the lock.
  explicit FolderLayout(std::filesystem::path root);

  std::filesystem::path pool_file(const oci::Digest& digest) const;
  std::filesystem::path repository_folder(const std::string& repository) const;
  std::filesystem::path blob_file(const std::string& repository, const oci::Digest& digest) const;

  /// Makes an empty repository's files.
  void make_repository(const std::string& repository) const;
  /// Gives the repository a link to a blob of the pool; false when the pool has none such.
  bool link(const std::string& repository, const oci::Digest& digest) const;
  /// Replaces a repository's index.json.
  void write_index(const std::string& repository, const RepositoryIndex& index) const;

  std::unique_ptr<StagedBlob> stage() const;
  /// Makes the staged bytes a file of the pool.
  void commit(StagedBlob& staged, const oci::Digest& digest) const;
  /// The same for bytes in memory.
  void put(std::string_view bytes, const oci::Digest& digest) const;

  struct Loaded {
    std::map<std::string, RepositoryIndex> repositories;
    std::vector<std::string> problems;  ///< what an index names and is not there or not whole
  };
  /// Reads every index, and every manifest they name.
  Loaded load() const;

  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
  FileDescriptor lock_;
  mutable std::atomic<std::uint64_t> staged_ = 0;  ///< so far: each has a file name of its own
};

}  // namespace n2c::registry
