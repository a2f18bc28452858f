#include "registry/server/store/folder_layout.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>

#include "base/error.h"
#include "base/folder_entries.h"
#include "base/hash.h"
#include "base/input_wait.h"
#include "base/text.h"
#include "oci/layout.h"
#include "oci/reference.h"
#include "registry/server/store/index_file.h"

namespace n2c::registry {

namespace {

namespace fs = std::filesystem;

void make_folders(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    throw Error(ErrorKind::local, cat("create ", folder.string(), ": ", failed.message()));
  }
}

void make_blob_folders(const fs::path& folder) {
  for (const char* algorithm : {"sha256", "sha512"}) make_folders(folder / "blobs" / algorithm);
}

FileDescriptor take_lock(const fs::path& file) {
  FileDescriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!lock) throw_errno("open " + file.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorKind::local, cat(file.string(), ": another process uses this registry"),
                "stop the other n2c serve, or give another --root");
  }
  return lock;
}

/// What is at a path, or nothing. Links are not followed.
std::optional<struct stat> look_at(const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT || errno == ENOTDIR) return {};
  throw_errno("stat " + path.string());
}

void require_folder(const fs::path& path) {
  const auto status = look_at(path);
  if (status && S_ISDIR(status->st_mode)) return;
  const bool link = status && S_ISLNK(status->st_mode);
  throw Error(ErrorKind::local, cat(path.string(), link ? ": a link to elsewhere" : ": no folder"));
}

/// Writes a small file, in place of whatever has its name.
void put_file(const fs::path& file, std::string_view text) {
  AtomicFile out({.folder = file.parent_path(), .shown = file.string()});
  out.write(bytes_of(text));
  out.commit_as(file);
}

/// Throws Error{cancelled} when the process is asked to stop while it reads a large file: nobody
/// waits for hundreds of gigabytes then, nor for a file that only says that it has them.
bool has_digest(const fs::path& file, const oci::Digest& digest) {
  constexpr std::uint64_t read_anyway = 64 << 20;
  Hash hash(digest.algorithm());
  const auto reader = FileSource(file).open();
  std::vector<std::byte> buffer(256 << 10);
  std::uint64_t passed = 0;
  while (const std::size_t count = reader->read(buffer)) {
    hash.update(ByteView(buffer).first(count));
    passed += count;
    if (passed > read_anyway && process_stop().stop_requested()) {
      throw Error(ErrorKind::cancelled, "stopped on request");
    }
  }
  return hash.finish_hex() == digest.hex();
}

/// Puts `file` in the place of what is there.
void replace(const fs::path& file, const fs::path& place) {
  if (::rename(file.c_str(), place.c_str()) != 0) throw_errno("replace " + place.string());
  sync_folder(place.parent_path());
}

/// A file below uploads/. It is removed unless it became a blob.
class StagedFile final : public StagedBlob {
 public:
  explicit StagedFile(fs::path path) : path_(std::move(path)) {
    file_ = FileDescriptor(
        ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file_) throw_errno("create " + path_.string());
  }
  ~StagedFile() override { ::unlink(path_.c_str()); }

  void write(ByteView bytes) override {
    wake();
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw_errno("write " + path_.string());
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }
  std::unique_ptr<Reader> open() override { return FileSource(path_).open(); }
  void rest() noexcept override { file_ = FileDescriptor(); }

  /// Gives the file its place once it is on the disk. A file that is there already stays if it is
  /// whole, for the repositories share it. Returns whether it replaced one.
  bool become(const fs::path& place, const oci::Digest& digest) {
    wake();
    sync_file(file_, path_);
    if (::link(path_.c_str(), place.c_str()) == 0) {
      sync_folder(place.parent_path());
      return false;
    }
    if (errno != EEXIST) throw_errno("link " + place.string());
    if (is_whole(place, digest)) return false;
    replace(path_, place);
    return true;
  }

 private:
  void wake() {
    if (file_) return;
    file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC));
    if (!file_) throw_errno("open " + path_.string());
  }

  bool is_whole(const fs::path& place, const oci::Digest& digest) const {
    const auto there = look_at(place);
    struct stat here{};
    if (::fstat(file_.get(), &here) != 0) throw_errno("stat " + path_.string());
    if (!there || !S_ISREG(there->st_mode) || there->st_size != here.st_size) return false;
    try {
      return has_digest(place, digest);
    } catch (const Error&) {
      return false;  // it cannot be read: as good as damaged
    }
  }

  fs::path path_;
  FileDescriptor file_;
};

}  // namespace

FolderLayout::FolderLayout(fs::path root) : root_(std::move(root)) {
  make_folders(root_);
  lock_ = take_lock(root_ / "lock");
  make_blob_folders(root_);
  make_folders(root_ / "repositories");
  make_folders(root_ / "journals");
  remove_with_all((root_ / "uploads").c_str());  // left by a process that was killed
  make_folders(root_ / "uploads");
}

fs::path FolderLayout::pool_file(const oci::Digest& digest) const {
  return root_ / "blobs" / digest.algorithm_name() / digest.hex();
}

fs::path FolderLayout::repository_folder(const std::string& repository) const {
  std::string folder = repository;
  std::ranges::replace(folder, '/', '+');
  return root_ / "repositories" / folder;
}

fs::path FolderLayout::blob_file(const std::string& repository, const oci::Digest& digest) const {
  return repository_folder(repository) / "blobs" / digest.algorithm_name() / digest.hex();
}

fs::path FolderLayout::index_file(const std::string& repository) const {
  return repository_folder(repository) / oci::layout::index_file;
}

fs::path FolderLayout::journal_file(const std::string& repository) const {
  return root_ / "journals" / repository_folder(repository).filename();
}

std::vector<std::string> FolderLayout::repositories(
    const std::function<void(std::string line)>& odd) const {
  std::vector<std::string> found;
  for (const auto& entry : folder_entries(root_ / "repositories")) {
    std::string repository = entry.filename();
    std::ranges::replace(repository, '+', '/');
    if (!oci::is_repository_path(repository)) continue;
    try {
      require_folder(entry);
      found.push_back(std::move(repository));
    } catch (const Error& error) {
      odd(cat(repository, ": ", error.message()));
    }
  }
  std::ranges::sort(found);
  return found;
}

void FolderLayout::make_repository(const std::string& repository) const {
  const fs::path folder = repository_folder(repository);
  if (look_at(folder)) require_folder(folder);
  if (look_at(index_file(repository))) return;  // it came there after the start
  make_blob_folders(folder);
  put_file(folder / oci::layout::version_file, oci::layout::version_json);
  write_index(repository, {});
  sync_folder(folder.parent_path());
}

void FolderLayout::check_repository(const std::string& repository) const {
  const fs::path folder = repository_folder(repository);
  for (const fs::path& one :
       {folder, folder / "blobs", folder / "blobs/sha256", folder / "blobs/sha512"}) {
    if (look_at(one)) require_folder(one);
  }
  make_blob_folders(folder);  // another program's layout may lack one
}

bool FolderLayout::has_folder(const std::string& repository) const {
  return look_at(repository_folder(repository)).has_value();
}

void FolderLayout::give(const std::string& repository, const oci::Digest& digest) const {
  if (link(repository, digest)) return;
  throw Error(ErrorKind::local,
              cat("link ", blob_file(repository, digest).string(), ": it or its folder is gone"));
}

bool FolderLayout::link(const std::string& repository, const oci::Digest& digest) const {
  const fs::path pool = pool_file(digest);
  const fs::path file = blob_file(repository, digest);
  if (::link(pool.c_str(), file.c_str()) != 0) {
    if (errno == ENOENT) return false;
    if (errno != EEXIST) throw_errno("link " + file.string());
    const auto ours = look_at(file);
    const auto pooled = look_at(pool);
    if (!pooled || (ours && ours->st_ino == pooled->st_ino)) return true;
    const fs::path beside = new_upload();
    if (::link(pool.c_str(), beside.c_str()) != 0) throw_errno("link " + beside.string());
    replace(beside, file);
    return true;
  }
  sync_folder(file.parent_path());
  return true;
}

bool FolderLayout::pool(const std::string& repository, const oci::Digest& digest) const {
  const fs::path place = pool_file(digest);
  if (!holds(repository, digest)) return false;
  if (::link(blob_file(repository, digest).c_str(), place.c_str()) != 0 && errno != EEXIST) {
    throw_errno("link " + place.string());
  }
  sync_folder(place.parent_path());
  return true;
}

void FolderLayout::renew_links(const oci::Digest& digest) const {
  for (const std::string& repository : repositories([](const std::string&) {})) {
    if (look_at(blob_file(repository, digest))) link(repository, digest);
  }
}

void FolderLayout::write_index(const std::string& repository, const RepositoryIndex& index) const {
  write_index_file(index_file(repository), [&](const EntryWriter& write) { index.list(write); });
}

fs::path FolderLayout::new_upload() const { return root_ / "uploads" / cat(staged_.fetch_add(1)); }

std::unique_ptr<StagedBlob> FolderLayout::stage() const {
  return std::make_unique<StagedFile>(new_upload());
}

void FolderLayout::commit(StagedBlob& staged, const oci::Digest& digest) const {
  auto* file = dynamic_cast<StagedFile*>(&staged);
  if (file == nullptr) throw Error(ErrorKind::internal, "a blob staged by another store");
  if (file->become(pool_file(digest), digest)) renew_links(digest);
}

void FolderLayout::put(std::string_view bytes, const oci::Digest& digest) const {
  const auto staged = stage();
  staged->write(bytes_of(bytes));
  commit(*staged, digest);
}

bool FolderLayout::holds(const std::string& repository, const oci::Digest& digest) const {
  constexpr std::size_t most_remembered = 10'000;
  const fs::path file = blob_file(repository, digest);
  const auto status = look_at(file);
  if (!status || !S_ISREG(status->st_mode)) return false;
  const auto written = fs::last_write_time(file).time_since_epoch();
  const Seen now{
      static_cast<std::uint64_t>(status->st_dev), static_cast<std::uint64_t>(status->st_ino),
      static_cast<std::uint64_t>(status->st_size), std::chrono::nanoseconds(written).count()};
  const bool is_known = found_right_.with([&](const auto& found) {
    const auto seen = found.find(digest);
    return seen != found.end() && seen->second == now;
  });
  if (is_known) return true;
  if (!has_digest(file, digest)) return false;
  found_right_.with([&](auto& found) {
    if (found.size() >= most_remembered) found.clear();
    found.insert_or_assign(digest, now);
  });
  return true;
}

std::optional<std::string> FolderLayout::read_manifest(const std::string& repository,
                                                       const oci::Digest& digest) const {
  const fs::path file = blob_file(repository, digest);
  const auto status = look_at(file);
  if (status && !S_ISREG(status->st_mode)) return {};
  auto json = read_if_there(file, oci::max_manifest_bytes);
  if (!json) return {};
  Hash hash(digest.algorithm());
  hash.update(bytes_of(*json));
  if (hash.finish_hex() != digest.hex()) {
    throw Error(ErrorKind::integrity, cat(file.string(), ": its bytes have another digest"));
  }
  return json;
}

}  // namespace n2c::registry
