#pragma once
/// The files of a registry in a folder, and every change to them that has to be atomic.
///
///     ROOT/lock                              held while a server or a collection runs
///     ROOT/uploads/…                         blobs that are arriving; emptied at the start
///     ROOT/blobs/sha256/HEX                  every blob and manifest, once
///     ROOT/repositories/acme+app/oci-layout  each repository is an OCI image layout:
///                                index.json  tags, and manifests without one
///                                blobs/…     hard links to ROOT/blobs
///     ROOT/journals/acme+app                 changes that a large index.json does not have yet
///
/// '/' in a repository path is '+' in its folder ('+' is in no repository path). A file gets its
/// place by rename or link once it is whole and on the disk, and index.json changes last. So
/// whenever the process dies, each index names only what is there. `skopeo copy
/// oci:ROOT/repositories/acme+app:TAG …` reads such a repository without a server.

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/locked.h"
#include "registry/server/store/repository_index.h"
#include "registry/server/store/store.h"

namespace n2c::registry {

class FolderLayout {
 public:
  /// Makes the folders, takes the lock and empties uploads. Throws Error{local}, also when
  /// another process holds the lock.
  explicit FolderLayout(std::filesystem::path root);

  std::filesystem::path pool_file(const oci::Digest& digest) const;
  std::filesystem::path repository_folder(const std::string& repository) const;
  std::filesystem::path blob_file(const std::string& repository, const oci::Digest& digest) const;

  std::filesystem::path index_file(const std::string& repository) const;
  std::filesystem::path journal_file(const std::string& repository) const;

  /// The repositories that have a folder, in byte order. `odd` is told of what is there and is not
  /// a repository: a file, or a link, which is neither read nor written through.
  std::vector<std::string> repositories(const std::function<void(std::string line)>& odd) const;
  /// Makes an empty repository's files. Throws Error{local}, also when its place is a link.
  void make_repository(const std::string& repository) const;
  /// Throws Error{local} when a folder of the repository is not a folder, or is a link to
  /// elsewhere. Makes those that are missing.
  void check_repository(const std::string& repository) const;
  /// Whether anything is in the repository's place.
  bool has_folder(const std::string& repository) const;
  /// Gives the repository a link to a blob of the pool, in place of what it had there. Returns
  /// false when the pool does not have the blob.
  bool link(const std::string& repository, const oci::Digest& digest) const;
  /// The same, where the pool was just given it. Throws Error{local} when it or the repository's
  /// folder was taken away meanwhile.
  void give(const std::string& repository, const oci::Digest& digest) const;
  /// Makes a repository's blob one of the pool too. False when its bytes have another digest.
  bool pool(const std::string& repository, const oci::Digest& digest) const;
  /// Replaces a repository's index.json.
  void write_index(const std::string& repository, const RepositoryIndex& index) const;

  std::unique_ptr<StagedBlob> stage() const;
  /// Makes the staged bytes, whose digest is `digest`, a file of the pool. A file that is there
  /// already stays if it has that digest. A damaged one is replaced, in every repository too.
  void commit(StagedBlob& staged, const oci::Digest& digest) const;
  /// The same for bytes in memory.
  void put(std::string_view bytes, const oci::Digest& digest) const;

  /// Whether the repository has all bytes of a blob: reads it, unless it was found right before and
  /// the file is the same.
  bool holds(const std::string& repository, const oci::Digest& digest) const;
  /// A manifest's bytes from its repository. Nothing when no file is there. Throws Error{local}, or
  /// Error{integrity} when they have another digest.
  std::optional<std::string> read_manifest(const std::string& repository,
                                           const oci::Digest& digest) const;

  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path new_upload() const;
  void renew_links(const oci::Digest& digest) const;

  /// Of a file that was found right. Another file, or a later change, differs in one of them.
  struct Seen {
    std::uint64_t device, inode, size;
    std::int64_t changed_ns;
    bool operator==(const Seen&) const = default;
  };

  std::filesystem::path root_;
  FileDescriptor lock_;
  mutable Locked<std::map<oci::Digest, Seen>> found_right_;
  mutable std::atomic<std::uint64_t> staged_ = 0;  ///< so far: each has a file name of its own
};

}  // namespace n2c::registry
