#include "registry/server/folder_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "registry/server/index_change.h"
#include "registry/server/index_file.h"
#include "registry/server/manifest_facts.h"
#include "registry/server/tag_journal.h"

namespace n2c::registry {

namespace {

namespace fs = std::filesystem;

/// As long as an index is that small, each change rewrites it, and other programs read it at once.
constexpr std::size_t small_index = 256;
/// A journal is folded into its index at a quarter of the index's length, so that the cost of
/// folding, spread over the changes, does not grow with it.
constexpr std::size_t least_fold = 1000;

/// A blob's file; nothing when it is absent, or anything else than a regular file.
std::optional<struct stat> status_of(const fs::path& file) {
  struct stat status{};
  if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return status;
}

/// An index larger than that is read at its repository's first request, not at the start.
constexpr std::int64_t eager_bytes = 4 << 20;

/// Removes the files below blobs/ALGORITHM/ that `goes` says.
template <class Goes>
Collected sweep(const fs::path& blobs, Goes goes) {
  Collected removed;
  for (const char* algorithm : {"sha256", "sha512"}) {
    for (const auto& entry : fs::directory_iterator(blobs / algorithm)) {
      const auto digest = oci::Digest::parse(cat(algorithm, ":", entry.path().filename().string()));
      const auto status = status_of(entry.path());
      if (!digest || !status || !goes(*digest, entry.path())) continue;
      ++removed.blobs;
      removed.bytes += static_cast<std::uint64_t>(status->st_size);
      fs::remove(entry.path());
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

/// A repository's state. `lock` is held for all else.
struct FolderStore::Repository {
  Repository(std::string its_path, fs::path journal_file)
      : path(std::move(its_path)), journal(std::move(journal_file)) {}

  const std::string path;
  std::mutex lock;
  std::atomic<bool> checked = false;  // it was loaded once: its folders are its own
  bool loaded = false;                // else the files know better than `index`
  RepositoryIndex index;
  TagJournal journal;
};

template <class Use>
auto FolderStore::with(const Handle& handle, Use&& use) {
  const std::scoped_lock hold(handle->lock);
  if (!handle->loaded) {
    with_context("repository " + handle->path, [&] { load(*handle); });
  }
  return use(*handle);
}

FolderStore::FolderStore(fs::path root, Note note)
    : layout_(std::move(root)), note_(std::move(note)) {
  const auto found = layout_.repositories([this](std::string line) { tell(std::move(line)); });
  repositories_.with([&](auto& all) {
    for (const std::string& path : found) {
      all[path] = std::make_shared<Repository>(path, layout_.journal_file(path));
    }
  });
  for (const std::string& path : found) {
    const auto size = status_of(layout_.index_file(path));
    if (size && size->st_size > eager_bytes) continue;  // at its first request
    try {
      with(find(path), [](Repository&) {});
    } catch (const Error& error) {
      tell(error.message());
    }
  }
}

FolderStore::~FolderStore() {
  repositories_.with([&](auto& all) {
    for (const auto& [path, repository] : all) {
      try {
        const std::scoped_lock hold(repository->lock);
        if (repository->loaded && repository->journal.lines() != 0) fold(*repository);
      } catch (const Error& error) {  // the journal has it all
        tell(cat(path, ": ", error.message()));
      }
    }
  });
}

void FolderStore::tell(std::string line) const {
  if (note_) note_(std::move(line));
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
        layout_.make_repository(repository);
        handle = std::make_shared<Repository>(repository, layout_.journal_file(repository));
      }
    } catch (...) {
      all.erase(repository);
      throw;
    }
    return handle;
  });
}

void FolderStore::load(Repository& repository) {
  layout_.check_repository(repository.path);
  repository.index = {};
  const fs::path file = layout_.index_file(repository.path);
  struct stat status{};
  if (::lstat(file.c_str(), &status) != 0 && errno == ENOENT) {  // killed while it was made
    layout_.make_repository(repository.path);
  }
  read_index_file(file, [&](const oci::Descriptor& named) {
    std::vector<std::string> tags;
    const auto tag = named.annotations.find(std::string(oci::ref_name));
    if (tag != named.annotations.end()) tags.push_back(tag->second);
    repository.index.put({{named.media_type, named.digest, named.size}}, tags);
  });
  repository.journal.replay([&](std::string_view line) { apply_line(line, repository.index); });
  check_manifests(repository);
  repository.loaded = true;
  try {
    if (repository.journal.lines() != 0) fold(repository);
  } catch (const Error& error) {  // a full disk: what is there can be read all the same
    tell(cat(repository.path, ": ", error.message()));
  }
  repository.checked = true;
}

void FolderStore::check_manifests(Repository& repository) {
  for (const oci::Digest& digest : repository.index.manifests()) {
    const oci::Descriptor named = repository.index.find(digest)->descriptor;
    std::string damage = "it names a manifest that is not there: " + digest.str();
    try {
      if (const auto json = layout_.read_manifest(repository.path, digest)) {
        ManifestEntry entry = make_entry({named, *json});
        if (entry.subject) repository.index.put(std::move(entry), {});
        continue;
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::integrity) throw;  // the manifest may be good
      damage = error.message();
    }
    tell(cat(repository.path, ": ", damage));
    repository.index.remove(digest);
  }
}

void FolderStore::change(Repository& repository, std::string_view line,
                         const std::function<void(RepositoryIndex&)>& apply) {
  repository.loaded = false;  // until memory and files agree again
  if (repository.index.size() <= small_index && repository.journal.lines() == 0) {
    apply(repository.index);
    layout_.write_index(repository.path, repository.index);
  } else {
    repository.journal.append(line);
    apply(repository.index);
    if (repository.journal.lines() >= std::max(least_fold, repository.index.size() / 4)) {
      fold(repository);
    }
  }
  repository.loaded = true;
}

void FolderStore::fold(Repository& repository) {
  layout_.write_index(repository.path, repository.index);
  repository.journal.clear();
}

Collected FolderStore::collect() {
  const auto all = repositories_.with([](const auto& handles) { return handles; });
  for (const auto& [path, handle] : all) {
    try {
      collect(handle);
    } catch (const Error& error) {  // it keeps what it has
      tell(error.message());
    }
  }
  return sweep(layout_.root() / "blobs", [](const oci::Digest&, const fs::path& file) {
    const auto status = status_of(file);
    return status && status->st_nlink == 1;
  });
}

void FolderStore::collect(const Handle& handle) {
  with(handle, [&](Repository& repository) {
    std::set<oci::Digest> named;
    for (const oci::Digest& digest : repository.index.manifests()) {
      named.insert(digest);
      const auto json = layout_.read_manifest(repository.path, digest);
      const auto facts = read_manifest_facts(json.value_or(""),
                                             repository.index.find(digest)->descriptor.media_type);
      if (!facts) continue;
      named.insert(facts->blobs.begin(), facts->blobs.end());
    }
    sweep(layout_.repository_folder(repository.path) / "blobs",
          [&](const oci::Digest& digest, const fs::path&) { return !named.contains(digest); });
  });
}

std::optional<std::uint64_t> FolderStore::stat(const std::string& repository,
                                               const oci::Digest& blob) {
  const Handle handle = find(repository);
  if (!handle) return {};
  if (!handle->checked) with(handle, [](const Repository&) {});
  const auto status = status_of(layout_.blob_file(repository, blob));
  if (!status) return {};
  return static_cast<std::uint64_t>(status->st_size);
}

std::unique_ptr<Reader> FolderStore::open(const std::string& repository, const oci::Digest& blob,
                                          std::uint64_t offset) {
  if (!stat(repository, blob)) return nullptr;
  return FileSource(layout_.blob_file(repository, blob)).open(offset);
}

std::optional<ManifestRecord> FolderStore::find_manifest(const std::string& repository,
                                                         const oci::Digest& manifest) {
  const Handle handle = find(repository);
  if (!handle) return {};
  const auto descriptor =
      with(handle, [&](const Repository& there) -> std::optional<oci::Descriptor> {
        const ManifestEntry* entry = there.index.find(manifest);
        if (entry == nullptr) return {};
        return entry->descriptor;
      });
  if (!descriptor) return {};
  try {
    auto json = layout_.read_manifest(repository, manifest);
    if (!json) return {};
    return ManifestRecord{*descriptor, *std::move(json)};
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
  return with(handle, [&](const Repository& there) { return there.index.find_tag(tag); });
}

std::optional<std::vector<std::string>> FolderStore::tags(const std::string& repository,
                                                          const TagRange& range) {
  const Handle handle = find(repository);
  if (!handle) return {};
  return with(handle,
              [&](const Repository& there) { return there.index.tags(range.last, range.limit); });
}

std::vector<oci::Digest> FolderStore::referrers(const std::string& repository,
                                                const oci::Digest& subject) {
  const Handle handle = find(repository);
  if (!handle) return {};
  return with(handle, [&](const Repository& there) { return there.index.referrers(subject); });
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
  with(require(repository), [](const Repository&) {});  // before the bytes are anywhere
  layout_.commit(*bytes, digest);
  layout_.link(repository, digest);
}

bool FolderStore::mount(const std::string& repository, const oci::Digest& blob,
                        const std::optional<std::string>& from) {
  if (from && !stat(*from, blob)) return false;
  if (!status_of(layout_.pool_file(blob))) return false;
  with(require(repository), [](const Repository&) {});
  return layout_.link(repository, blob);
}

std::vector<oci::Digest> FolderStore::missing_of(const Repository& repository,
                                                 const NewManifest& manifest) {
  std::vector<oci::Digest> missing;
  for (const oci::Digest& blob : manifest.required_blobs) {
    const auto status = status_of(layout_.blob_file(repository.path, blob));
    const auto size = manifest.sizes.find(blob);
    // A manifest may say a wrong size; a file that fits neither it nor the digest is damaged.
    const bool fits = status && (size == manifest.sizes.end() ||
                                 size->second == static_cast<std::uint64_t>(status->st_size) ||
                                 layout_.holds(repository.path, blob));
    if (!fits) missing.push_back(blob);
  }
  for (const oci::Digest& child : manifest.required_manifests) {
    if (repository.index.find(child) == nullptr) missing.push_back(child);
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
  return with(handle, [&](Repository& there) {
    auto missing = missing_of(there, manifest);
    if (!missing.empty()) return missing;
    layout_.put(manifest.record.json, digest);
    layout_.link(repository, digest);
    change(there, line, [&](RepositoryIndex& index) { index.put(entry, manifest.tags); });
    return missing;
  });
}

bool FolderStore::remove_blob(const std::string& repository, const oci::Digest& blob) {
  const Handle handle = find(repository);
  if (!handle) return false;
  return with(handle, [&](const Repository& there) {
    if (there.index.find(blob) != nullptr) return false;
    return ::unlink(layout_.blob_file(repository, blob).c_str()) == 0;
  });
}

bool FolderStore::remove_manifest(const std::string& repository, const oci::Digest& manifest) {
  const Handle handle = find(repository);
  if (!handle) return false;
  return with(handle, [&](Repository& there) {
    if (there.index.find(manifest) == nullptr) return false;
    change(there, remove_line(manifest), [&](RepositoryIndex& index) { index.remove(manifest); });
    ::unlink(layout_.blob_file(repository, manifest).c_str());  // else the next collection does
    return true;
  });
}

bool FolderStore::remove_tag(const std::string& repository, const std::string& tag) {
  const Handle handle = find(repository);
  if (!handle) return false;
  return with(handle, [&](Repository& there) {
    if (!there.index.find_tag(tag)) return false;
    change(there, untag_line(tag), [&](RepositoryIndex& index) { index.remove_tag(tag); });
    return true;
  });
}

}  // namespace n2c::registry
