#pragma once
/// What a registry keeps: repositories of blobs, manifests and tags.
///
/// A Store can be read; a WritableStore can also be pushed to. Repository paths, tags and digests
/// that reach a registry's store are valid (oci::is_repository_path, oci::is_tag). A blob or
/// manifest is in a repository only when it was put or mounted there, even if others have it. Every
/// call may come from several threads at once, and may throw Error{local}.

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/stream.h"
#include "oci/manifest.h"

namespace n2c::registry {

/// The first `limit` tags after `last`.
struct TagRange {
  std::string last{};
  std::size_t limit = static_cast<std::size_t>(-1);
};

class WritableStore;

class Store {
 public:
  virtual ~Store() = default;

  /// The size of a blob, or nothing when the repository does not have it. A store may show
  /// manifests as blobs too.
  virtual std::optional<std::uint64_t> stat(const std::string& repository,
                                            const oci::Digest& blob) = 0;
  /// A blob's bytes from `offset` on, or null when the repository does not have it. The reader
  /// stays valid when the blob is removed meanwhile.
  virtual std::unique_ptr<Reader> open(const std::string& repository, const oci::Digest& blob,
                                       std::uint64_t offset) = 0;

  /// Whether the repository's blobs are made whenever they are read, from their start on, so that
  /// an offset costs as much as the bytes before it.
  virtual bool makes_blobs(const std::string&) const { return false; }

  virtual std::optional<oci::RawManifest> find_manifest(const std::string& repository,
                                                        const oci::Digest& manifest) = 0;
  virtual std::optional<oci::Digest> find_tag(const std::string& repository,
                                              const std::string& tag) = 0;
  /// The tags in the range, in byte order. A store of few tags may give the others too. Nothing
  /// when there is no such repository.
  virtual std::optional<std::vector<std::string>> tags(const std::string& repository,
                                                       const TagRange& range) = 0;
  /// The manifests that name `subject` as their subject (distribution-spec, "Listing Referrers"),
  /// in the order of their digests.
  virtual std::vector<oci::Digest> referrers(const std::string& repository,
                                             const oci::Digest& subject) = 0;
  /// In byte order.
  virtual std::vector<std::string> repositories() = 0;

  /// The side of this registry's store that can be written to. Null when it can only be read.
  virtual WritableStore* writable() { return nullptr; }
};

/// A blob that is arriving: bytes no one else sees until they are committed. Dropping it
/// removes them. One thread at a time.
class StagedBlob : public Writer {
 public:
  /// What was written so far, from its start.
  virtual std::unique_ptr<Reader> open() = 0;
  /// Nothing is written for a while: gives back what there is little of, as a descriptor is.
  virtual void rest() noexcept {}
};

/// A manifest about to be put.
struct NewManifest {
  oci::RawManifest record;
  std::vector<std::string> tags{};                ///< to point at it from now on
  std::vector<oci::Digest> required_blobs{};      ///< that the repository must have
  std::vector<oci::Digest> required_manifests{};  ///< likewise
  /// The blobs' sizes, as the manifest says. A blob of another size may be damaged, and then counts
  /// as absent.
  std::map<oci::Digest, std::uint64_t> sizes{};
  /// Asked, with what the last of the tags names now, whether that may be replaced. Nothing else
  /// moves the tag between the question and the put. Unset: it may.
  std::function<bool(const std::optional<oci::Digest>& now)> may_replace{};
};

/// The tag may not be replaced, by the manifest's own word.
class TagMoved final : public std::exception {
 public:
  const char* what() const noexcept override { return "the tag names another manifest now"; }
};

class WritableStore : public Store {
 public:
  /// Whether this repository can be changed. Nothing below is called for one that cannot.
  virtual bool takes_pushes(const std::string&) const { return true; }

  virtual std::unique_ptr<StagedBlob> stage() = 0;
  /// Makes the bytes a blob of the repository. The caller has verified that their digest is
  /// `digest`. The same blob put twice is one blob.
  virtual void commit(const std::string& repository, const oci::Digest& digest,
                      std::unique_ptr<StagedBlob> bytes) = 0;
  /// Gives the repository a blob that `from` has, or that any repository has when `from` is
  /// not set. False when none has it.
  virtual bool mount(const std::string& repository, const oci::Digest& blob,
                     const std::optional<std::string>& from) = 0;
  /// Puts the manifest and moves its tags, all or nothing. Returns the required blobs and
  /// manifests that are not in the repository; when there are some, nothing was changed. Throws
  /// TagMoved, and changes nothing.
  virtual std::vector<oci::Digest> put_manifest(const std::string& repository,
                                                const NewManifest& manifest) = 0;

  /// Returns false when there was none.
  virtual bool remove_blob(const std::string& repository, const oci::Digest& blob) = 0;
  /// With every tag that points at it.
  virtual bool remove_manifest(const std::string& repository, const oci::Digest& manifest) = 0;
  virtual bool remove_tag(const std::string& repository, const std::string& tag) = 0;

  WritableStore* writable() final { return this; }
};

}  // namespace n2c::registry
