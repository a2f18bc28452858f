#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <random>

#include "base/error.h"
#include "base/text.h"

namespace n2c {

namespace {

class FileReader final : public Reader {
 public:
  FileReader(FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  std::size_t read(ByteSpan into) override {
    while (true) {
      const ssize_t count = ::read(file_.get(), into.data(), into.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) throw_errno("read " + path_);
    }
  }

 private:
  FileDescriptor file_;
  std::string path_;
};

std::unique_ptr<FileReader> open_regular(const std::filesystem::path& path, std::uint64_t offset) {
  // O_NONBLOCK: a FIFO or device named by mistake must not hang the open.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw_errno("open " + path.string());
  FileDescriptor file(fd);
  struct stat status{};
  if (::fstat(fd, &status) != 0) throw_errno("stat " + path.string());
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::local, "open " + path.string() + ": not a regular file");
  }
  if (offset != 0 && ::lseek(fd, static_cast<off_t>(offset), SEEK_SET) < 0) {
    throw_errno("seek in " + path.string());
  }
  return std::make_unique<FileReader>(std::move(file), path.string());
}

std::string random_name() {
  std::random_device device;
  return cat(device(), device());
}

void sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor opened(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) throw_errno("fsync " + folder.string());
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

FileDescriptor open_to_read(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw_errno("open " + path.string());
  return FileDescriptor(fd);
}

std::string read_file(const std::filesystem::path& path, std::uint64_t limit) {
  FileReader reader(open_to_read(path), path.string());
  return with_context(path.string(), [&] { return read_all(reader, limit); });
}

std::unique_ptr<Reader> FileSource::open(std::uint64_t offset) const {
  return open_regular(path_, offset);
}

AtomicFile::AtomicFile(std::filesystem::path path, unsigned mode) : path_(std::move(path)) {
  temporary_ = path_.parent_path() / (".n2c-" + random_name() + ".part");
  const int fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) throw_errno("create " + path_.string());
  file_ = FileDescriptor(fd);
}

AtomicFile::~AtomicFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("write " + path_.string());
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicFile::commit(Durability durability) { commit_as(path_, durability); }

void AtomicFile::commit_as(const std::filesystem::path& path, Durability durability) {
  if (durability == Durability::fsync && ::fsync(file_.get()) != 0) {
    throw_errno("fsync " + path.string());
  }
  if (::rename(temporary_.c_str(), path.c_str()) != 0) throw_errno("rename to " + path.string());
  committed_ = true;
  if (durability == Durability::fsync) sync_folder(path.parent_path());
}

void write_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode,
                Durability durability) {
  AtomicFile file(path, mode);
  file.write(bytes_of(bytes));
  file.commit(durability);
}

TemporaryFolder::TemporaryFolder() {
  const char* base = std::getenv("TMPDIR");
  std::string name = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/n2c-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw_errno("create " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace n2c
