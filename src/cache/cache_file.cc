#include "cache/cache_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <ranges>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

namespace n2c {

namespace {

constexpr std::string_view header = "n2c cache 1\n";
constexpr std::size_t checksum_digits = 16;
constexpr std::uint64_t room_for_others = 1 << 20;  // bytes

std::string checksum(std::string_view payload) {
  Hash hash;
  hash.update(bytes_of(payload));
  return hash.finish_hex().substr(0, checksum_digits);
}

std::string line_of(std::string_view payload) { return cat(checksum(payload), ' ', payload, '\n'); }

/// Opens regular files only. Opening a FIFO would wait for ever, and a link may name any file: in
/// another user's home it would be that user who chose what root writes to.
FileDescriptor open_regular(const std::filesystem::path& file, int flags) {
  FileDescriptor opened(
      ::open(file.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0600));
  struct stat status{};
  const bool regular = opened && ::fstat(opened.get(), &status) == 0 && S_ISREG(status.st_mode);
  return regular ? std::move(opened) : FileDescriptor();
}

std::string read_all_of(const FileDescriptor& file, std::uint64_t max_bytes) {
  std::string text;
  std::string block(64 << 10, '\0');
  while (text.size() < max_bytes) {
    const ssize_t count =
        ::pread(file.get(), block.data(), block.size(), static_cast<off_t>(text.size()));
    if (count <= 0) break;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  return text;
}

std::vector<std::string> payloads_of(std::string_view text) {
  std::vector<std::string> payloads;
  if (!text.starts_with(header)) return payloads;
  text.remove_prefix(header.size());
  while (const auto parts = cut(text, '\n')) {
    const auto [line, rest] = *parts;
    text = rest;
    if (line.size() < checksum_digits + 2 || line[checksum_digits] != ' ') continue;
    const auto payload = line.substr(checksum_digits + 1);
    if (line.substr(0, checksum_digits) == checksum(payload)) payloads.emplace_back(payload);
  }
  return payloads;
}

bool lock(const FileDescriptor& file) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 1s;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

bool write_at(const FileDescriptor& file, std::string_view text, std::uint64_t offset) {
  while (!text.empty()) {
    const ssize_t count =
        ::pwrite(file.get(), text.data(), text.size(), static_cast<off_t>(offset));
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

/// Rewrites the file in place, so that the lock stays on the file that everyone opens. When it is
/// killed in the middle, fewer lines are left, each whole.
bool rewrite(const FileDescriptor& file, std::vector<std::string> payloads,
             std::uint64_t max_bytes) {
  std::set<std::string_view> seen;
  std::vector<std::string> kept;
  std::uint64_t size = header.size();
  for (const auto& payload : payloads | std::views::reverse) {
    if (!seen.insert(payload).second) continue;
    std::string line = line_of(payload);
    size += line.size();
    if (size > max_bytes / 2) break;
    kept.push_back(std::move(line));
  }
  std::string text(header);
  for (const auto& line : kept | std::views::reverse) text += line;
  return ::ftruncate(file.get(), 0) == 0 && write_at(file, text, 0);
}

/// Whether the file's disk has more room than a cache should leave to others. A file system that
/// does not say how large it is counts as having room.
bool has_room(const FileDescriptor& file) {
  struct statvfs disk{};
  if (::fstatvfs(file.get(), &disk) != 0 || disk.f_blocks == 0) return true;
  return std::uint64_t{disk.f_bavail} * disk.f_frsize > room_for_others;
}

/// Where there is no room, a cache that holds nothing leaves no file and no folder.
void remove_if_empty(const FileDescriptor& opened, const std::filesystem::path& file) {
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0 || status.st_size != 0) return;
  ::unlink(file.c_str());
  ::rmdir(file.parent_path().c_str());
}

bool add(const FileDescriptor& file, const std::vector<std::string>& payloads,
         std::uint64_t max_bytes) {
  const std::string text = read_all_of(file, 2 * max_bytes);
  std::string added;
  for (const auto& payload : payloads) added += line_of(payload);
  if (!text.starts_with(header) || text.size() + added.size() > max_bytes) {
    auto all = payloads_of(text);
    all.insert(all.end(), payloads.begin(), payloads.end());
    return rewrite(file, std::move(all), max_bytes);
  }
  if (text.back() != '\n')
    added.insert(added.begin(), '\n');  // what was cut stays a line of its own
  return write_at(file, added, text.size());
}

}  // namespace

std::vector<std::string> read_cache_lines(const std::filesystem::path& file,
                                          std::uint64_t max_bytes) {
  if (file.empty()) return {};
  const FileDescriptor opened = open_regular(file, O_RDONLY);
  return opened ? payloads_of(read_all_of(opened, max_bytes)) : std::vector<std::string>();
}

bool add_cache_lines(const std::filesystem::path& file, const std::vector<std::string>& payloads,
                     std::uint64_t max_bytes) {
  if (file.empty()) return false;
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  const FileDescriptor opened = open_regular(file, O_RDWR | O_CREAT);
  if (!opened || !lock(opened)) return false;
  const bool is_added = has_room(opened) && add(opened, payloads, max_bytes);
  if (!is_added) remove_if_empty(opened, file);
  return is_added;
}

}  // namespace n2c
