#pragma once
/// One repository of a folder: its index in memory, and the files that the index is kept in.

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "registry/server/store/folder_layout.h"
#include "registry/server/store/memory_budget.h"
#include "registry/server/store/repository_index.h"
#include "registry/server/store/tag_journal.h"

namespace n2c::registry {

/// Loaded at its first use and again when a change failed halfway, since the files know best. An
/// index of up to 256 names is rewritten at each change; changes of a larger one go into its
/// journal, and from there into index.json now and then and at the end. Thread-safe; the layout
/// and the memory outlive it.
class FolderRepository {
 public:
  using Tell = std::function<void(std::string line)>;

  /// `tell`, which any thread may call, hears what is wrong inside: what the index names that is
  /// not there.
  FolderRepository(std::string path, const FolderLayout& layout, MemoryBudget* memory, Tell tell);
  ~FolderRepository();
  FolderRepository(const FolderRepository&) = delete;
  FolderRepository& operator=(const FolderRepository&) = delete;

  const std::string& path() const { return path_; }
  /// Whether it was loaded once: its folders are its own.
  bool is_checked() const { return checked_; }
  void check();
  /// Before each change: its folders may not have become links to elsewhere since. Those that are
  /// gone are made; a repository whose folder is gone begins anew. Throws as with() does.
  void prepare();

  /// What use(const RepositoryIndex&) returns, while nothing changes. Throws Error{local} when the
  /// index cannot be read, StoreFull when there is no memory for it.
  template <class Use>
  auto with(Use&& use) {
    const std::scoped_lock hold(lock_);
    if (!loaded_) with_context("repository " + path_, [&] { load(); });
    return use(std::as_const(index_));
  }

  /// Within with() alone: room for another manifest and these tags. Throws StoreFull.
  void make_room(const std::vector<std::string>& tags);
  /// Within with() alone: a change, in memory and in the words of index_change.h, which is on the
  /// disk when this returns. Throws Error{local}.
  void change(std::string_view line, const std::function<void(RepositoryIndex&)>& apply);

 private:
  void load();
  void take_room(std::uint64_t more);
  void check_manifests();
  std::vector<oci::Digest> check_manifest(const oci::Digest& digest);
  std::vector<oci::Digest> add_listed_by(std::string_view index_json);
  void fold();

  const std::string path_;
  const FolderLayout& layout_;
  MemoryBudget* const memory_;
  const Tell tell_;
  std::mutex lock_;  // for all below, but checked_
  std::atomic<bool> checked_ = false;
  bool loaded_ = false;  // else the files know better than index_
  RepositoryIndex index_;
  MemoryBudget::Share room_;  // what index_ takes
  TagJournal journal_;
};

}  // namespace n2c::registry
