#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

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
