#include "registry/server/folder_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "registry/server/manifest_facts.h"

namespace n2c::registry {

namespace {

namespace fs = std::filesystem;

struct stat status_of(const fs::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) throw_errno("stat " + file.string());
  return status;
}

/// Removes the files below blobs/ALGORITHM/ that `goes` says.
template <class Goes>
Collected sweep(const fs::path& blobs, Goes goes) {
  Collected removed;
  for (const char* algorithm : {"sha256", "sha512"}) {
    for (const auto& entry : fs::directory_iterator(blobs / algorithm)) {
      const auto digest = oci::Digest::parse(cat(algorithm, ":", entry.path().filename().string()));
      if (!digest || !goes(*digest, entry.path())) continue;
      ++removed.blobs;
      removed.bytes += entry.file_size();
      fs::remove(entry.path());
    }
  }
  return removed;
}

}  // namespace

FolderStore::FolderStore(fs::path root) : layout_(std::move(root)) {
  auto loaded = layout_.load();
  problems_ = std::move(loaded.problems);
  repositories_.with([&](Repositories& all) { all = std::move(loaded.repositories); });
}

Collected FolderStore::collect() {
  return repositories_.with([&](const Repositories& all) {
    for (const auto& [repository, index] : all) {
      std::set<oci::Digest> named;
      for (const auto& [digest, entry] : index.manifests()) {
        named.insert(digest);
        const std::string json =
            read_file(layout_.blob_file(repository, digest), oci::max_manifest_bytes);
        const auto facts = read_manifest_facts(json, entry.descriptor.media_type);
        if (!facts) continue;
        named.insert(facts->blobs.begin(), facts->blobs.end());
      }
      sweep(layout_.repository_folder(repository) / "blobs",
            [&](const oci::Digest& digest, const fs::path&) { return !named.contains(digest); });
    }
    return sweep(layout_.root() / "blobs", [](const oci::Digest&, const fs::path& file) {
      return status_of(file).st_nlink == 1;
    });
  });
}

std::optional<std::uint64_t> FolderStore::stat(const std::string& repository,
                                               const oci::Digest& blob) {
  struct stat status{};
  if (::stat(layout_.blob_file(repository, blob).c_str(), &status) != 0) return {};
  return static_cast<std::uint64_t>(status.st_size);
}

std::unique_ptr<Reader> FolderStore::open(const std::string& repository, const oci::Digest& blob,
                                          std::uint64_t offset) {
  const fs::path file = layout_.blob_file(repository, blob);
  if (::access(file.c_str(), R_OK) != 0 && errno == ENOENT) return nullptr;
  return FileSource(file).open(offset);
}

std::optional<ManifestRecord> FolderStore::find_manifest(const std::string& repository,
                                                         const oci::Digest& manifest) {
  const auto descriptor =
      repositories_.with([&](const Repositories& all) -> std::optional<oci::Descriptor> {
        const auto index = all.find(repository);
        if (index == all.end()) return {};
        const ManifestEntry* entry = index->second.find(manifest);
        if (entry == nullptr) return {};
        return entry->descriptor;
      });
  if (!descriptor) return {};
  return ManifestRecord{
      *descriptor, read_file(layout_.blob_file(repository, manifest), oci::max_manifest_bytes)};
}

std::optional<oci::Digest> FolderStore::find_tag(const std::string& repository,
                                                 const std::string& tag) {
  return repositories_.with([&](const Repositories& all) -> std::optional<oci::Digest> {
    const auto index = all.find(repository);
    if (index == all.end()) return {};
    return index->second.find_tag(tag);
  });
}

std::optional<std::vector<std::string>> FolderStore::tags(const std::string& repository) {
  return repositories_.with(
      [&](const Repositories& all) -> std::optional<std::vector<std::string>> {
        const auto index = all.find(repository);
        if (index == all.end()) return {};
        return index->second.tags();
      });
}

std::vector<Referrer> FolderStore::referrers(const std::string& repository,
                                             const oci::Digest& subject) {
  return repositories_.with([&](const Repositories& all) -> std::vector<Referrer> {
    const auto index = all.find(repository);
    if (index == all.end()) return {};
    return index->second.referrers(subject);
  });
}

std::vector<std::string> FolderStore::repositories() {
  return repositories_.with([](const Repositories& all) {
    std::vector<std::string> paths;
    for (const auto& [repository, index] : all) paths.push_back(repository);
    return paths;
  });
}

RepositoryIndex& FolderStore::require(Repositories& all, const std::string& repository) {
  const auto found = all.find(repository);
  if (found != all.end()) return found->second;
  layout_.make_repository(repository);
  return all[repository];
}

void FolderStore::replace(const std::string& repository, RepositoryIndex& index,
                          RepositoryIndex changed) {
  layout_.write_index(repository, changed);
  index = std::move(changed);
}

void FolderStore::commit(const std::string& repository, const oci::Digest& digest,
                         std::unique_ptr<StagedBlob> bytes) {
  layout_.commit(*bytes, digest);
  repositories_.with([&](Repositories& all) { require(all, repository); });
  layout_.link(repository, digest);
}

bool FolderStore::mount(const std::string& repository, const oci::Digest& blob,
                        const std::optional<std::string>& from) {
  if (from && !stat(*from, blob)) return false;
  if (::access(layout_.pool_file(blob).c_str(), R_OK) != 0) return false;
  repositories_.with([&](Repositories& all) { require(all, repository); });
  return layout_.link(repository, blob);
}

std::vector<oci::Digest> FolderStore::missing_of(const RepositoryIndex& index,
                                                 const std::string& repository,
                                                 const NewManifest& manifest) {
  std::vector<oci::Digest> missing;
  for (const oci::Digest& blob : manifest.required_blobs) {
    if (!stat(repository, blob)) missing.push_back(blob);
  }
  for (const oci::Digest& child : manifest.required_manifests) {
    if (index.find(child) == nullptr) missing.push_back(child);
  }
  return missing;
}

std::vector<oci::Digest> FolderStore::put_manifest(const std::string& repository,
                                                   const NewManifest& manifest) {
  ManifestEntry entry = make_entry(manifest.record);
  const oci::Digest digest = entry.descriptor.digest;
  return repositories_.with([&](Repositories& all) {
    const auto found = all.find(repository);
    auto missing =
        missing_of(found == all.end() ? RepositoryIndex{} : found->second, repository, manifest);
    if (!missing.empty()) return missing;
    RepositoryIndex& index = require(all, repository);
    layout_.put(manifest.record.json, digest);
    layout_.link(repository, digest);
    RepositoryIndex changed = index;
    changed.put(std::move(entry), manifest.tags);
    replace(repository, index, std::move(changed));
    return missing;
  });
}

bool FolderStore::remove_blob(const std::string& repository, const oci::Digest& blob) {
  return repositories_.with([&](const Repositories& all) {
    const auto index = all.find(repository);
    if (index == all.end() || index->second.find(blob) != nullptr) return false;
    return ::unlink(layout_.blob_file(repository, blob).c_str()) == 0;
  });
}

bool FolderStore::remove_manifest(const std::string& repository, const oci::Digest& manifest) {
  return repositories_.with([&](Repositories& all) {
    const auto index = all.find(repository);
    if (index == all.end()) return false;
    RepositoryIndex changed = index->second;
    if (!changed.remove(manifest)) return false;
    replace(repository, index->second, std::move(changed));
    ::unlink(layout_.blob_file(repository, manifest).c_str());  // else the next collection does
    return true;
  });
}

bool FolderStore::remove_tag(const std::string& repository, const std::string& tag) {
  return repositories_.with([&](Repositories& all) {
    const auto index = all.find(repository);
    if (index == all.end()) return false;
    RepositoryIndex changed = index->second;
    if (!changed.remove_tag(tag)) return false;
    replace(repository, index->second, std::move(changed));
    return true;
  });
}

}  // namespace n2c::registry
