#include "console/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/stream.h"
#include "base/text.h"

namespace n2c {

namespace {

/// `how`: O_TRUNC or O_APPEND.
FileDescriptor open_in_place(const std::string& file, int how) {
  std::error_code ignored;
  if (std::filesystem::is_fifo(file, ignored)) return open_fifo(file);
  FileDescriptor opened(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | how, 0666));
  if (!opened) throw_errno("open " + file);
  return opened;
}

/// `how`: O_TRUNC or O_APPEND.
void write_in_place(const std::string& file, std::string_view text, int how) {
  const FileDescriptor opened = open_in_place(file, how);
  write_all(opened.get(), bytes_of(text), "write " + file);
}

bool takes_new_files(const std::filesystem::path& folder) {
  return ::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0;
}

bool is_replaceable(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path, ignored);
  return !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
}

}  // namespace

void write_output(const std::string& file, std::string_view text) {
  const std::filesystem::path path(file);
  if (is_replaceable(path) && takes_new_files(path.parent_path())) {
    write_file(path, text);
  } else {
    write_in_place(file, text, O_TRUNC);
  }
}

void append_output(const std::string& file, std::string_view text) {
  write_in_place(file, text, O_APPEND);
}

void require_output(const std::string& file, std::string_view option) {
  if (file.empty()) return;
  const std::filesystem::path path(file);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    errno = EISDIR;
  else if (is_replaceable(path) && takes_new_files(path.parent_path()))
    return;
  else if (::access(file.c_str(), W_OK) == 0)
    return;
  throw_errno(cat(option, ": open ", file));
}

}  // namespace n2c
