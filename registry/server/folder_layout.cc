#include "registry/server/folder_layout.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "oci/reference.h"

namespace n2c::registry {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_index_bytes = 256 << 20;  // our own file: a million tags
constexpr std::string_view ref_name = "org.opencontainers.image.ref.name";

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
  FileDescriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!lock) throw_errno("open " + file.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorKind::local, cat(file.string(), ": another process uses this registry"),
                "stop the other n2c serve, or give another --root");
  }
  return lock;
}

/// A file below uploads/ that goes unless it became a blob.
class StagedFile final : public StagedBlob {
 public:
  explicit StagedFile(fs::path path) : path_(std::move(path)) {
    file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file_) throw_errno("create " + path_.string());
  }
  ~StagedFile() override { ::unlink(path_.c_str()); }

  void write(ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw_errno("write " + path_.string());
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }
  std::unique_ptr<Reader> open() override { return FileSource(path_).open(); }

  /// Gives the file its place once it is on the disk. One that is there already stays: the
  /// repositories share it.
  void become(const fs::path& place) const {
    sync_file(file_, path_);
    if (::link(path_.c_str(), place.c_str()) != 0 && errno != EEXIST) {
      throw_errno("link " + place.string());
    }
    sync_folder(place.parent_path());
  }

 private:
  fs::path path_;
  FileDescriptor file_;
};

/// One line of an index.json: the manifest it names, read and checked.
ManifestEntry load_manifest(const fs::path& file, const oci::Descriptor& named) {
  const std::string json = read_file(file, oci::max_manifest_bytes);
  Hash hash(named.digest.algorithm());
  hash.update(bytes_of(json));
  if (hash.finish_hex() != named.digest.hex()) {
    throw Error(ErrorKind::integrity, cat(file.string(), ": its bytes have another digest"));
  }
  return make_entry({named, json});
}

}  // namespace

FolderLayout::FolderLayout(fs::path root) : root_(std::move(root)) {
  make_folders(root_);
  lock_ = take_lock(root_ / "lock");
  make_blob_folders(root_);
  make_folders(root_ / "repositories");
  std::error_code failed;
  fs::remove_all(root_ / "uploads", failed);  // left by a process that was killed
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

void FolderLayout::make_repository(const std::string& repository) const {
  const fs::path folder = repository_folder(repository);
  make_blob_folders(folder);
  write_file(folder / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  write_index(repository, {});
  sync_folder(folder.parent_path());
}

bool FolderLayout::link(const std::string& repository, const oci::Digest& digest) const {
  const fs::path file = blob_file(repository, digest);
  if (::link(pool_file(digest).c_str(), file.c_str()) != 0) {
    if (errno == EEXIST) return true;
    if (errno == ENOENT) return false;
    throw_errno("link " + file.string());
  }
  sync_folder(file.parent_path());
  return true;
}

void FolderLayout::write_index(const std::string& repository, const RepositoryIndex& index) const {
  write_file(repository_folder(repository) / "index.json", index.to_json(), 0666,
             Durability::fsync);
}

std::unique_ptr<StagedBlob> FolderLayout::stage() const {
  return std::make_unique<StagedFile>(root_ / "uploads" / cat(staged_.fetch_add(1)));
}

void FolderLayout::commit(StagedBlob& staged, const oci::Digest& digest) const {
  const auto* file = dynamic_cast<const StagedFile*>(&staged);
  if (file == nullptr) throw Error(ErrorKind::internal, "a blob staged by another store");
  file->become(pool_file(digest));
}

void FolderLayout::put(std::string_view bytes, const oci::Digest& digest) const {
  const auto staged = stage();
  staged->write(bytes_of(bytes));
  commit(*staged, digest);
}

FolderLayout::Loaded FolderLayout::load() const {
  Loaded loaded;
  for (const auto& entry : fs::directory_iterator(root_ / "repositories")) {
    std::string repository = entry.path().filename();
    std::ranges::replace(repository, '+', '/');
    if (!oci::is_repository_path(repository)) continue;
    RepositoryIndex& index = loaded.repositories[repository];
    const fs::path file = entry.path() / "index.json";
    if (!fs::exists(file)) {  // killed while it was made
      make_repository(repository);
      continue;
    }
    const auto listed = or_throw(oci::Index::from_json(read_file(file, max_index_bytes)),
                                 ErrorKind::local, file.string());
    for (const oci::Descriptor& named : listed.manifests) {
      std::vector<std::string> tags;
      const auto tag = named.annotations.find(std::string(ref_name));
      if (tag != named.annotations.end()) tags.push_back(tag->second);
      try {
        index.put(load_manifest(blob_file(repository, named.digest), named), tags);
      } catch (const Error& error) {
        loaded.problems.push_back(cat(repository, ": ", error.message()));
      }
    }
  }
  return loaded;
}

}  // namespace n2c::registry
