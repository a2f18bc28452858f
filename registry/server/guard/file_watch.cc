#include "registry/server/guard/file_watch.h"

#include <sys/stat.h>

#include <utility>

#include "base/text.h"

namespace n2c::registry {

FileWatch::FileWatch(std::vector<std::filesystem::path> files) : files_(std::move(files)) {
  read_now();
}

bool FileWatch::changed() {
  const auto seen = look();
  const bool is_settled = seen == last_seen_;
  last_seen_ = seen;
  if (!is_settled || seen == read_) return false;
  read_ = seen;
  return true;
}

void FileWatch::read_now() { read_ = last_seen_ = look(); }

std::vector<std::string> FileWatch::look() const {
  std::vector<std::string> seen;
  for (const auto& file : files_) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) {
      seen.emplace_back();
      continue;
    }
    std::error_code unreadable;
    const auto written = std::filesystem::last_write_time(file, unreadable).time_since_epoch();
    seen.push_back(cat(status.st_ino, " ", status.st_size, " ", written.count()));
  }
  return seen;
}

}  // namespace n2c::registry
