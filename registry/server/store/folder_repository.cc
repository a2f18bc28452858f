#include "registry/server/store/folder_repository.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "oci/layout.h"
#include "oci/media_type.h"
#include "registry/server/store/index_change.h"
#include "registry/server/store/index_file.h"
#include "registry/server/store/manifest_facts.h"

namespace n2c::registry {

namespace {

namespace fs = std::filesystem;

/// An index of at most this many entries is rewritten at each change, so that other programs see
/// the change at once.
constexpr std::size_t small_index = 256;
/// A journal is folded into its index when it has a quarter of the index's length. So the cost of
/// folding, spread over the changes, does not grow with the index.
constexpr std::size_t least_fold = 1000;

}  // namespace

FolderRepository::FolderRepository(std::string path, const FolderLayout& layout,
                                   MemoryBudget* memory, Tell tell)
    : path_(std::move(path)),
      layout_(layout),
      memory_(memory),
      tell_(std::move(tell)),
      journal_(layout.journal_file(path_)) {}

FolderRepository::~FolderRepository() {
  try {
    if (loaded_ && journal_.lines() != 0) fold();
  } catch (const Error& error) {  // the journal has it all
    tell_(cat(path_, ": ", error.message()));
  }
}

void FolderRepository::check() {
  with([](const RepositoryIndex&) {});
}

void FolderRepository::prepare() {
  const std::scoped_lock hold(lock_);
  with_context("repository " + path_, [&] {
    if (!layout_.has_folder(path_)) loaded_ = false;
    loaded_ ? layout_.check_repository(path_) : load();
  });
}

void FolderRepository::load() {
  layout_.check_repository(path_);
  index_ = {};
  room_ = MemoryBudget::Share(memory_);
  const fs::path file = layout_.index_file(path_);
  struct stat status{};
  if (::lstat(file.c_str(), &status) != 0 && errno == ENOENT) {  // killed while it was made
    layout_.make_repository(path_);
  }
  read_index_file(file, [&](const oci::Descriptor& named) {
    std::vector<std::string> tags;
    const auto tag = named.annotations.find(std::string(oci::layout::ref_name));
    if (tag != named.annotations.end()) tags.push_back(tag->second);
    make_room(tags);
    index_.put({{named.media_type, named.digest, named.size}}, tags);
  });
  journal_.replay([&](std::string_view line) {
    apply_line(line, index_);
    take_room(0);
  });
  check_manifests();
  loaded_ = true;
  try {
    if (journal_.lines() != 0) fold();
  } catch (const Error& error) {  // a full disk: what is there can be read all the same
    tell_(cat(path_, ": ", error.message()));
  }
  checked_ = true;
}

void FolderRepository::make_room(const std::vector<std::string>& tags) {
  take_room(RepositoryIndex::memory_of(1, tags));
}

/// For the index as it is and so many further bytes.
void FolderRepository::take_room(std::uint64_t more) {
  constexpr std::uint64_t ahead = 160 << 10;  // so that not every change asks
  const std::uint64_t needed = index_.memory() + more;
  const std::uint64_t has = room_.bytes();
  if (needed > has && !room_.grow(needed - has + ahead)) throw StoreFull();
}

void FolderRepository::check_manifests() {
  std::vector<oci::Digest> unread = index_.manifests();
  while (!unread.empty()) {
    const oci::Digest digest = unread.back();
    unread.pop_back();
    const auto listed = check_manifest(digest);
    unread.insert(unread.end(), listed.begin(), listed.end());
  }
}

/// Returns what an index lists and index.json does not, as other programs write layouts: it is in
/// the repository from now on.
std::vector<oci::Digest> FolderRepository::check_manifest(const oci::Digest& digest) {
  oci::Descriptor named = index_.find(digest)->descriptor;
  std::string damage = "it names a manifest that is not there: " + digest.str();
  try {
    if (const auto json = layout_.read_manifest(path_, digest)) {
      named.media_type = manifest_type(*json, named.media_type);
      index_.put(make_entry({named, *json}), {});
      if (!oci::is_index(named.media_type)) return {};
      return add_listed_by(*json);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::integrity) throw;  // the manifest may be good
    damage = error.message();
  }
  tell_(cat(path_, ": ", damage));
  index_.remove(digest);
  return {};
}

std::vector<oci::Digest> FolderRepository::add_listed_by(std::string_view index_json) {
  std::vector<oci::Digest> added;
  const auto index = oci::Index::from_json(index_json);
  if (!index) return added;
  for (const oci::Descriptor& child : index->manifests) {
    const bool is_manifest = child.media_type.empty() || oci::is_index(child.media_type) ||
                             oci::is_manifest(child.media_type);
    if (!is_manifest || index_.find(child.digest) != nullptr) continue;
    std::error_code unreadable;  // then it is as if it were not there
    const auto file = layout_.blob_file(path_, child.digest);
    if (!fs::is_regular_file(fs::symlink_status(file, unreadable))) continue;
    make_room({});
    index_.put({{child.media_type, child.digest, child.size}}, {});
    added.push_back(child.digest);
  }
  return added;
}

void FolderRepository::change(std::string_view line,
                              const std::function<void(RepositoryIndex&)>& apply) {
  loaded_ = false;  // until memory and files agree again
  if (index_.size() <= small_index && journal_.lines() == 0) {
    apply(index_);
    layout_.write_index(path_, index_);
  } else {
    journal_.append(line);
    apply(index_);
    if (journal_.lines() >= std::max(least_fold, index_.size() / 4)) {
      fold();
    }
  }
  loaded_ = true;
}

void FolderRepository::fold() {
  layout_.write_index(path_, index_);
  journal_.clear();
}

}  // namespace n2c::registry
