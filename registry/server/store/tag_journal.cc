#include "registry/server/store/tag_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace n2c::registry {

namespace {

constexpr std::uint64_t max_journal_bytes = 4ULL << 30;
constexpr std::size_t checksum_digits = 16;

/// The checksum in front of each line. It tells a whole line from one that is half written.
std::string checksum(std::string_view line) {
  Hash hash;
  hash.update(bytes_of(line));
  return hash.finish_hex().substr(0, checksum_digits);
}

/// The line without its checksum. Nothing when the line is not whole.
std::optional<std::string_view> checked(std::string_view line) {
  if (line.size() <= checksum_digits || line[checksum_digits] != ' ') return {};
  const std::string_view text = line.substr(checksum_digits + 1);
  if (checksum(text) != line.substr(0, checksum_digits)) return {};
  return text;
}

}  // namespace

void TagJournal::open() {
  opened_ = FileDescriptor(
      ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!opened_) throw_errno("open " + file_.string());
}

void TagJournal::replay(const std::function<void(std::string_view line)>& each) {
  lines_ = 0;
  struct stat status{};
  if (::lstat(file_.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    throw_errno("stat " + file_.string());
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::local, cat(file_.string(), ": not a regular file"));
  }
  const std::string all = read_file(file_, max_journal_bytes);
  std::size_t good = 0;
  for (std::size_t end = all.find('\n'); end != std::string::npos; end = all.find('\n', good)) {
    const auto line = checked(std::string_view(all).substr(good, end - good));
    if (!line && end + 1 < all.size()) {
      throw Error(ErrorKind::local, cat(file_.string(), ": line ", lines_ + 1, " is damaged"));
    }
    if (!line) break;
    each(*line);
    ++lines_;
    good = end + 1;
  }
  open();
  if (::ftruncate(opened_.get(), static_cast<off_t>(good)) != 0) {
    throw_errno("cut " + file_.string());
  }
}

void TagJournal::append(std::string_view line) {
  const bool is_new = !opened_;
  if (is_new) open();
  const std::string whole = cat(checksum(line), ' ', line, '\n');
  std::string_view rest = whole;
  while (!rest.empty()) {
    const ssize_t count = ::write(opened_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("write " + file_.string());
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  sync_file(opened_, file_);
  if (is_new) sync_folder(file_.parent_path());
  ++lines_;
}

void TagJournal::clear() {
  opened_ = FileDescriptor();
  lines_ = 0;
  if (::unlink(file_.c_str()) != 0 && errno != ENOENT) throw_errno("remove " + file_.string());
  sync_folder(file_.parent_path());
}

}  // namespace n2c::registry
