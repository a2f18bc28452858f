#pragma once
/// A repository of a registry as a place for images.

#include <vector>

#include "oci/reference.h"
#include "push/destination.h"
#include "push/registries.h"
#include "registry/client/client.h"

namespace n2c {

/// Puts blobs into one repository, mounting from siblings where they have them. Thread-safe.
class RegistryStore final : public BlobStore {
 public:
  /// `mount_from`: repositories of the same registry to try, in order. `client` outlives this.
  RegistryStore(registry::RegistryClient& client, std::vector<oci::Repository> mount_from)
      : client_(client), mount_from_(std::move(mount_from)) {}

  std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token stop) override;
  oci::Descriptor put(const ByteSource& bytes, std::string media_type,
                      std::optional<oci::Descriptor> known, std::atomic<std::uint64_t>& sent,
                      std::stop_token stop) override;
  ManifestOutcome put_manifest(const oci::Descriptor& manifest, std::string_view json,
                               std::span<const std::string> tags, std::stop_token stop) override;

 private:
  registry::RegistryClient& client_;
  std::vector<oci::Repository> mount_from_;
};

/// The same for a dry run: what could be mounted is asked for where it is. It holds nothing, and
/// putting is Error{internal}. Thread-safe.
class UntouchedRegistryStore final : public BlobStore {
 public:
  /// All that is given outlives this.
  UntouchedRegistryStore(Registries& registries, registry::RegistryClient& client,
                         std::vector<oci::Repository> mount_from)
      : registries_(registries), client_(client), mount_from_(std::move(mount_from)) {}

  std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token stop) override;
  oci::Descriptor put(const ByteSource& bytes, std::string media_type,
                      std::optional<oci::Descriptor> known, std::atomic<std::uint64_t>& sent,
                      std::stop_token stop) override;
  ManifestOutcome put_manifest(const oci::Descriptor& manifest, std::string_view json,
                               std::span<const std::string> tags, std::stop_token stop) override;

 private:
  Registries& registries_;
  registry::RegistryClient& client_;
  std::vector<oci::Repository> mount_from_;
};

}  // namespace n2c
