#pragma once
/// A repository of a registry as a place for images.

#include <atomic>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "oci/manifest.h"
#include "oci/reference.h"
#include "registry/client/client.h"
#include "transfer/blob_store.h"

namespace n2c {

/// Puts blobs into one repository, mounting from siblings where they have them. Thread-safe.
class RegistryStore final : public BlobStore {
 public:
  /// Mounts a blob from a sibling. Returns false when it cannot. May be called by several threads.
  using Mount = std::function<bool(const oci::Descriptor& blob, const oci::Repository& from,
                                   std::stop_token stop)>;

  /// `mount_from` are repositories of the same registry to try, in order. `mount` replaces the
  /// client's mounting, for dry runs. `places` are repositories that are known to hold a blob: they
  /// are tried first. `client` outlives this.
  RegistryStore(registry::RegistryClient& client, std::vector<oci::Repository> mount_from,
                Mount mount = {}, std::map<oci::Digest, oci::Repository> places = {})
      : client_(client),
        mount_from_(std::move(mount_from)),
        mount_(std::move(mount)),
        places_(std::move(places)) {}

  std::string_view name() const override { return "the registry"; }
  std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token stop) override;
  PutBlob put(const ByteSource& bytes, std::string media_type, std::optional<oci::Descriptor> known,
              std::atomic<std::uint64_t>& sent, std::stop_token stop) override;
  ManifestOutcome put_manifest(const oci::Descriptor& manifest, std::string_view json,
                               std::span<const std::string> tags, std::stop_token stop) override;
  /// Whether the registry says that it lists the manifest that was put last as a referrer of its
  /// subject (OCI-Subject).
  bool took_subject() const { return took_subject_; }

 private:
  registry::RegistryClient& client_;
  std::vector<oci::Repository> mount_from_;
  Mount mount_;
  std::map<oci::Digest, oci::Repository> places_;
  std::atomic<bool> took_subject_ = false;
};

/// Has each of the tags name a manifest that is there by its digest; those that do already are not
/// written. Throws Error{registry} where the registry takes none.
void write_tags(registry::RegistryClient& client, const oci::RawManifest& manifest,
                const std::vector<std::string>& tags, const std::stop_token& stop);

}  // namespace n2c
