#include "places/pull.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/folder_entries.h"
#include "base/text.h"
#include "layout/dir_store.h"

namespace n2c {

namespace {

namespace fs = std::filesystem;

/// Marks a folder as that of an unfinished pull. It is locked while the pull runs, and removed at
/// its end unless the pull is killed.
constexpr std::string_view unfinished_file = ".n2c-pull";

/// A file holds something.
bool holds_nothing(const fs::path& folder) {
  std::error_code unknown;  // reading it says what is wrong
  const fs::file_status status = fs::status(folder, unknown);
  if (fs::exists(status) && !fs::is_directory(status)) return false;
  return folder_entries(folder).empty();
}

/// A folder that a pull writes to. It is made empty again unless its files are kept.
class PullFolder {
 public:
  PullFolder(fs::path folder, const std::stop_token& stop)
      : folder_(std::move(folder)),
        manifest_(folder_ / "manifest.json"),
        was_there_(is_there(folder_)) {
    std::error_code failed;
    if (!was_there_) fs::create_directories(folder_, failed);
    if (failed) throw Error(ErrorKind::local, cat("create ", shown(), ": ", failed.message()));
    try {
      take(stop);
    } catch (...) {
      mark_.reset();
      remove_if_made();
      throw;
    }
  }
  ~PullFolder() {
    if (kept_) return;
    if (!clear()) {
      mark_->leave();  // the next pull knows these files as those of one that did not end
      return;
    }
    mark_.reset();
    remove_if_made();
  }
  PullFolder(const PullFolder&) = delete;
  PullFolder& operator=(const PullFolder&) = delete;

  void keep() { kept_ = true; }

 private:
  void take(const std::stop_token& stop) {
    std::error_code failed;
    const fs::path mark = folder_ / unfinished_file;
    const bool is_left = fs::is_regular_file(fs::symlink_status(mark, failed));
    if (is_left ? holds_other_files() : !holds_nothing(folder_)) throw in_use();
    auto taken = FileLock::take(mark, std::chrono::milliseconds(0), stop);
    if (!taken) {
      throw Error(ErrorKind::usage, cat("another pull is writing to ", shown()),
                  "wait until it has ended, or name another folder");
    }
    mark_.emplace(*std::move(taken));
    // The manifest is written last. When it is there, another pull has ended, or was killed when
    // all was done.
    if (is_there(manifest_)) throw in_use();
  }

  /// What is in use by somebody else stays: it is not empty.
  void remove_if_made() const noexcept {
    if (!was_there_) ::rmdir(folder_.c_str());
  }

  std::string shown() const { return printable(folder_.string(), 300); }

  Error in_use() const {
    return {ErrorKind::usage, cat(shown(), " is there already and not empty"),
            "name a folder that is empty or does not exist"};
  }

  bool holds_other_files() const {
    std::error_code failed;
    const auto entries = folder_entries(folder_, failed);
    return failed || std::ranges::any_of(entries, [](const fs::path& entry) {
             return !is_dir_store_file(entry.filename().string());
           });
  }

  /// Removes all but the mark. Returns whether nothing else is left. The manifest goes also where
  /// there is no memory to look into the folder: with it, this would be a pull that ended.
  bool clear() const noexcept {
    ::unlink(manifest_.c_str());
    const OpenFolder opened(::opendir(folder_.c_str()));
    if (!opened) return false;
    bool is_clear = true;
    while (const dirent* const entry = next_entry(opened)) {
      if (entry->d_name == unfinished_file) continue;
      is_clear = remove_with_all(entry->d_name, ::dirfd(opened.get())) && is_clear;
    }
    return is_clear && errno == 0;
  }

  fs::path folder_;
  fs::path manifest_;  // is written last
  bool was_there_;
  std::optional<FileLock> mark_;
  bool kept_ = false;
};

}  // namespace

CopyReport pull_image(const std::shared_ptr<ImageSource>& source,
                      const std::filesystem::path& folder, const PullOptions& options,
                      Progress& progress, std::stop_token stop) {
  PullFolder own(folder, stop);
  DirStore store(folder, options.trust);
  auto report = with_context("pulling to " + printable(folder.string(), 300), [&] {
    return copy_to_store(source, store, {.platform = options.platform, .one_image = true}, progress,
                         std::move(stop));
  });
  own.keep();
  return report;
}

void pull_blob(Registries& registries, const oci::Reference& blob, Writer& to,
               std::stop_token stop) {
  auto client = registries.client(blob.repository, registry::Access::pull);
  // The size is not known; the client checks the digest.
  const auto reader = client.open_blob(*blob.digest, stop);
  copy(*reader, to);
}

}  // namespace n2c
