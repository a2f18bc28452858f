#include "registry/server/store/folder_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/folder_entries.h"
#include "base/hash.h"
#include "base/text.h"
#include "registry/server/store/folder_repository.h"
#include "registry/server/store/index_change.h"
#include "registry/server/store/manifest_facts.h"

namespace n2c::registry {

namespace {

namespace fs = std::filesystem;

/// A blob's file; nothing when it is absent, or anything else than a regular file.
std::optional<struct stat> status_of(const fs::path& file) {
  struct stat status{};
  if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return status;
}

/// Whether a blob of no bytes has this digest. Another one's empty file is what a crash leaves: as
/// if it were not there, the blob is pushed again.
bool is_of_nothing(const oci::Digest& blob) {
  return Hash(blob.algorithm()).finish_hex() == blob.hex();
}

/// A larger index is read at its repository's first request, not at the start.
constexpr std::int64_t eager_bytes = 4 << 20;

/// In how many repositories a blob is looked for that the pool does not have.
constexpr std::size_t most_searched = 1'000;

/// What an empty one takes in memory, about.
constexpr std::uint64_t bytes_of_handle = 2 << 10;

/// Removes the files below blobs/ALGORITHM/ for which `goes` is true.
template <class Goes>
Collected sweep(const fs::path& blobs, Goes goes) {
  Collected removed;
  for (const char* algorithm : {"sha256", "sha512"}) {
    for (const auto& entry : folder_entries(blobs / algorithm)) {
      const auto digest = oci::Digest::parse(cat(algorithm, ":", entry.filename().string()));
      const auto status = status_of(entry);
      if (!digest || !status || !goes(*digest, entry)) continue;
      ++removed.blobs;
      removed.bytes += static_cast<std::uint64_t>(status->st_size);
      fs::remove(entry);
    }
  }
  return removed;
}

std::vector<oci::Digest> all_required(const NewManifest& manifest) {
  std::vector<oci::Digest> all = manifest.required_blobs;
  all.insert(all.end(), manifest.required_manifests.begin(), manifest.required_manifests.end());
  return all;
}

}  // namespace

FolderStore::FolderStore(fs::path root, Note note, MemoryBudget* memory)
    : layout_(std::move(root)), note_(std::move(note)), memory_(memory) {
  const auto found = layout_.repositories([this](std::string line) { tell(std::move(line)); });
  repositories_.with([&](auto& all) {
    for (const std::string& path : found) all[path] = make(path);
    room_ = MemoryBudget::Share(memory_);
    std::ignore = room_.grow(found.size() * bytes_of_handle);  // they are served in any case
  });
  for (const std::string& path : found) {
    const auto size = status_of(layout_.index_file(path));
    if (size && size->st_size > eager_bytes) continue;  // at its first request
    try {
      find(path)->check();
    } catch (const Error& error) {
      tell(error.message());
    } catch (const StoreFull& full) {  // there may be room at its first request
      tell(cat(path, ": ", full.what()));
    }
  }
}

FolderStore::~FolderStore() = default;

void FolderStore::tell(std::string line) const {
  if (note_) note_(std::move(line));
}

FolderStore::Handle FolderStore::make(const std::string& repository) {
  return std::make_shared<FolderRepository>(repository, layout_, memory_,
                                            [this](std::string line) { tell(std::move(line)); });
}

FolderStore::Handle FolderStore::find(const std::string& repository) {
  return repositories_.with([&](const auto& all) -> Handle {
    const auto found = all.find(repository);
    return found == all.end() ? nullptr : found->second;
  });
}

FolderStore::Handle FolderStore::require(const std::string& repository) {
  return repositories_.with([&](auto& all) {
    Handle& handle = all[repository];
    try {
      if (!handle) {
        if (!room_.grow(bytes_of_handle)) throw StoreFull();
        layout_.make_repository(repository);
        handle = make(repository);
      }
    } catch (...) {
      all.erase(repository);
      throw;
    }
    return handle;
  });
}

Collected FolderStore::collect() {
  const auto all = repositories_.with([](const auto& handles) { return handles; });
  for (const auto& [path, handle] : all) {
    try {
      collect(*handle);
    } catch (const Error& error) {  // it keeps what it has
      tell(error.message());
    }
  }
  return sweep(layout_.root() / "blobs", [](const oci::Digest&, const fs::path& file) {
    const auto status = status_of(file);
    return status && status->st_nlink == 1;
  });
}

void FolderStore::collect(FolderRepository& repository) {
  repository.with([&](const RepositoryIndex& index) {
    std::set<oci::Digest> named;
    for (const oci::Digest& digest : index.manifests()) {
      named.insert(digest);
      const auto json = layout_.read_manifest(repository.path(), digest);
      const auto facts =
          read_manifest_facts(json.value_or(""), index.find(digest)->descriptor.media_type);
      if (!facts) {  // who knows what it needs
        throw Error(ErrorKind::local, cat(repository.path(), ": nothing is removed, for ",
                                          digest.brief(), " is not a manifest: ", facts.error()));
      }
      named.insert(facts->manifests.begin(), facts->manifests.end());
      named.insert(facts->blobs.begin(), facts->blobs.end());
    }
    sweep(layout_.repository_folder(repository.path()) / "blobs",
          [&](const oci::Digest& digest, const fs::path&) { return !named.contains(digest); });
  });
}

std::optional<std::uint64_t> FolderStore::stat(const std::string& repository,
                                               const oci::Digest& blob) {
  const Handle handle = find(repository);
  if (!handle) return {};
  if (!handle->is_checked()) handle->check();
  const auto status = status_of(layout_.blob_file(repository, blob));
  if (!status || (status->st_size == 0 && !is_of_nothing(blob))) return {};
  return static_cast<std::uint64_t>(status->st_size);
}

std::unique_ptr<Reader> FolderStore::open(const std::string& repository, const oci::Digest& blob,
                                          std::uint64_t offset) {
  if (!stat(repository, blob)) return nullptr;
  return FileSource(layout_.blob_file(repository, blob), Links::refused).open(offset);
}

std::optional<oci::RawManifest> FolderStore::find_manifest(const std::string& repository,
                                                           const oci::Digest& manifest) {
  const Handle handle = find(repository);
  if (!handle) return {};
  const auto descriptor =
      handle->with([&](const RepositoryIndex& index) -> std::optional<oci::Descriptor> {
        const ManifestEntry* entry = index.find(manifest);
        if (entry == nullptr) return {};
        return entry->descriptor;
      });
  if (!descriptor) return {};
  try {
    auto json = layout_.read_manifest(repository, manifest);
    if (!json) return {};
    return oci::RawManifest{*descriptor, *std::move(json)};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::integrity) throw;
    tell(cat(repository, ": ", error.message()));
    return {};  // as if it were not there, so that it is pushed again
  }
}

std::optional<oci::Digest> FolderStore::find_tag(const std::string& repository,
                                                 const std::string& tag) {
  const Handle handle = find(repository);
  if (!handle) return {};
  return handle->with([&](const RepositoryIndex& index) { return index.find_tag(tag); });
}

std::optional<std::vector<std::string>> FolderStore::tags(const std::string& repository,
                                                          const TagRange& range) {
  const Handle handle = find(repository);
  if (!handle) return {};
  return handle->with(
      [&](const RepositoryIndex& index) { return index.tags(range.last, range.limit); });
}

std::vector<oci::Digest> FolderStore::referrers(const std::string& repository,
                                                const oci::Digest& subject) {
  const Handle handle = find(repository);
  if (!handle) return {};
  return handle->with([&](const RepositoryIndex& index) { return index.referrers(subject); });
}

std::vector<std::string> FolderStore::repositories() {
  return repositories_.with([](const auto& all) {
    std::vector<std::string> paths;
    for (const auto& [path, repository] : all) paths.push_back(path);
    return paths;
  });
}

void FolderStore::commit(const std::string& repository, const oci::Digest& digest,
                         std::unique_ptr<StagedBlob> bytes) {
  require(repository)->prepare();  // before the bytes are anywhere
  layout_.commit(*bytes, digest);
  layout_.give(repository, digest);
}

bool FolderStore::mount(const std::string& repository, const oci::Digest& blob,
                        const std::optional<std::string>& from) {
  if (from && !stat(*from, blob)) return false;
  const auto pooled = status_of(layout_.pool_file(blob));
  const bool is_given = pooled && (from || pooled->st_nlink > 1);  // else who had it deleted it
  if (!is_given) {  // unless another program put it into its layout
    const auto givers = from ? std::vector{*from} : repositories();
    if (givers.size() > most_searched) return false;
    const auto gives = [&](const std::string& giver) {
      return stat(giver, blob) && layout_.pool(giver, blob);
    };
    if (std::ranges::none_of(givers, gives)) return false;
  }
  require(repository)->prepare();
  return layout_.link(repository, blob);
}

std::vector<oci::Digest> FolderStore::missing_of(const std::string& repository,
                                                 const RepositoryIndex& index,
                                                 const NewManifest& manifest) const {
  std::vector<oci::Digest> missing;
  for (const oci::Digest& blob : manifest.required_blobs) {
    const auto status = status_of(layout_.blob_file(repository, blob));
    const auto size = manifest.sizes.find(blob);
    // A manifest may say a wrong size. A file is damaged when it has neither that size nor the
    // digest.
    const bool fits = status && (size == manifest.sizes.end() ||
                                 size->second == static_cast<std::uint64_t>(status->st_size) ||
                                 layout_.holds(repository, blob));
    if (!fits) missing.push_back(blob);
  }
  for (const oci::Digest& child : manifest.required_manifests) {
    if (index.find(child) == nullptr) missing.push_back(child);
  }
  return missing;
}

std::vector<oci::Digest> FolderStore::put_manifest(const std::string& repository,
                                                   const NewManifest& manifest) {
  Handle handle = find(repository);
  if (!handle) {
    const bool needs_some =
        !manifest.required_blobs.empty() || !manifest.required_manifests.empty();
    if (needs_some) return all_required(manifest);
    handle = require(repository);
  }
  const ManifestEntry entry = make_entry(manifest.record);
  const oci::Digest& digest = entry.descriptor.digest;
  const std::string line = put_line(entry.descriptor, manifest.tags);
  handle->prepare();
  return handle->with([&](const RepositoryIndex& index) {
    refuse_moved(index, manifest);
    auto missing = missing_of(repository, index, manifest);
    if (!missing.empty()) return missing;
    handle->make_room(manifest.tags);
    layout_.put(manifest.record.json, digest);
    layout_.give(repository, digest);
    handle->change(line, [&](RepositoryIndex& its) { its.put(entry, manifest.tags); });
    return missing;
  });
}

bool FolderStore::remove_blob(const std::string& repository, const oci::Digest& blob) {
  const Handle handle = find(repository);
  if (!handle) return false;
  handle->prepare();
  return handle->with([&](const RepositoryIndex& index) {
    if (index.find(blob) != nullptr) return false;
    return ::unlink(layout_.blob_file(repository, blob).c_str()) == 0;
  });
}

bool FolderStore::remove_manifest(const std::string& repository, const oci::Digest& manifest) {
  const Handle handle = find(repository);
  if (!handle) return false;
  handle->prepare();
  return handle->with([&](const RepositoryIndex& index) {
    if (index.find(manifest) == nullptr) return false;
    handle->change(remove_line(manifest), [&](RepositoryIndex& its) { its.remove(manifest); });
    ::unlink(layout_.blob_file(repository, manifest).c_str());  // else the next collection does
    return true;
  });
}

bool FolderStore::remove_tag(const std::string& repository, const std::string& tag) {
  const Handle handle = find(repository);
  if (!handle) return false;
  handle->prepare();
  return handle->with([&](const RepositoryIndex& index) {
    if (!index.find_tag(tag)) return false;
    handle->change(untag_line(tag), [&](RepositoryIndex& its) { its.remove_tag(tag); });
    return true;
  });
}

}  // namespace n2c::registry
