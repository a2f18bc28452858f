#include "console/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/input_wait.h"
#include "base/text.h"

namespace n2c {

namespace {

bool is_standard_input(const std::filesystem::path& path) {
  return path == "-" || path == "/dev/stdin" || path == "/dev/fd/0" || path == "/proc/self/fd/0";
}

class StreamReader final : public Reader {
 public:
  StreamReader(FileDescriptor file, std::string name, const std::stop_token& stop)
      : file_(std::move(file)), name_(std::move(name)), wait_(stop) {}

  std::size_t read(ByteSpan into) override {
    while (true) {
      with_context("wait for " + name_, [&] { wait_.until_readable(file_.get()); });
      const ssize_t count = ::read(file_.get(), into.data(), into.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR && errno != EAGAIN) throw_errno("read " + name_);
    }
  }

 private:
  FileDescriptor file_;
  std::string name_;
  InputWait wait_;
};

}  // namespace

void require_input(const std::filesystem::path& file, std::string_view option) {
  std::error_code failed;
  const auto status = std::filesystem::status(file, failed);
  const bool is_folder = std::filesystem::is_directory(status);
  if (std::filesystem::exists(status) && !is_folder) return;
  const bool is_forbidden = failed == std::errc::permission_denied;
  throw Error(ErrorKind::input,
              cat(option, option.empty() ? "" : ": ", printable(file.string(), 300),
                  is_folder      ? " is a folder, and a file was due"
                  : is_forbidden ? ": permission denied"
                                 : ": no such file"));
}

bool is_stream(const std::filesystem::path& path) {
  if (is_standard_input(path)) return true;
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return false;  // who opens it will say why
  return S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode) || S_ISSOCK(status.st_mode);
}

std::unique_ptr<Reader> open_stream(const std::filesystem::path& path,
                                    const std::stop_token& stop) {
  const bool is_input = is_standard_input(path);
  const std::string name = is_input ? "standard input" : printable(path.string(), 300);
  // A FIFO must not hold the open: it is waited for with the bytes.
  FileDescriptor file(is_input
                          ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                          : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) throw_errno("open " + name);
  if (::isatty(file.get()) == 1) {
    throw Error(ErrorKind::usage, cat(name, " is a terminal, where an archive is due"),
                "write the program that makes it before a |");
  }
  return std::make_unique<StreamReader>(std::move(file), name, stop);
}

}  // namespace n2c
