#include "registry/server/store/combined_store.h"

#include <algorithm>
#include <iterator>

namespace n2c::registry {

CombinedStore::CombinedStore(Store& fixed, WritableStore& other) : fixed_(fixed), other_(other) {
  for (std::string& repository : fixed.repositories()) {
    fixed_repositories_.insert(std::move(repository));
  }
}

Store& CombinedStore::of(const std::string& repository) {
  if (fixed_repositories_.contains(repository)) return fixed_;
  return other_;
}

bool CombinedStore::takes_pushes(const std::string& repository) const {
  return !fixed_repositories_.contains(repository);
}

std::optional<std::uint64_t> CombinedStore::stat(const std::string& repository,
                                                 const oci::Digest& blob) {
  return of(repository).stat(repository, blob);
}

std::unique_ptr<Reader> CombinedStore::open(const std::string& repository, const oci::Digest& blob,
                                            std::uint64_t offset) {
  return of(repository).open(repository, blob, offset);
}

bool CombinedStore::makes_blobs(const std::string& repository) const {
  const bool is_fixed = fixed_repositories_.contains(repository);
  return is_fixed ? fixed_.makes_blobs(repository) : other_.makes_blobs(repository);
}

std::optional<oci::RawManifest> CombinedStore::find_manifest(const std::string& repository,
                                                             const oci::Digest& manifest) {
  return of(repository).find_manifest(repository, manifest);
}

std::optional<oci::Digest> CombinedStore::find_tag(const std::string& repository,
                                                   const std::string& tag) {
  return of(repository).find_tag(repository, tag);
}

std::optional<std::vector<std::string>> CombinedStore::tags(const std::string& repository,
                                                            const TagRange& range) {
  return of(repository).tags(repository, range);
}

std::vector<oci::Digest> CombinedStore::referrers(const std::string& repository,
                                                  const oci::Digest& subject) {
  return of(repository).referrers(repository, subject);
}

std::vector<std::string> CombinedStore::repositories() {
  const auto others = other_.repositories();
  std::vector<std::string> all;
  std::ranges::set_union(fixed_repositories_, others, std::back_inserter(all));
  return all;
}

std::unique_ptr<StagedBlob> CombinedStore::stage() { return other_.stage(); }

void CombinedStore::commit(const std::string& repository, const oci::Digest& digest,
                           std::unique_ptr<StagedBlob> bytes) {
  other_.commit(repository, digest, std::move(bytes));
}

bool CombinedStore::mount(const std::string& repository, const oci::Digest& blob,
                          const std::optional<std::string>& from) {
  return other_.mount(repository, blob, from);
}

std::vector<oci::Digest> CombinedStore::put_manifest(const std::string& repository,
                                                     const NewManifest& manifest) {
  return other_.put_manifest(repository, manifest);
}

bool CombinedStore::remove_blob(const std::string& repository, const oci::Digest& blob) {
  return other_.remove_blob(repository, blob);
}

bool CombinedStore::remove_manifest(const std::string& repository, const oci::Digest& manifest) {
  return other_.remove_manifest(repository, manifest);
}

bool CombinedStore::remove_tag(const std::string& repository, const std::string& tag) {
  return other_.remove_tag(repository, tag);
}

}  // namespace n2c::registry
