#include "layout/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace n2c {

namespace {

constexpr std::size_t max_files = 100'000;
constexpr int max_links = 16;
constexpr std::size_t block_bytes = 256 << 10;

/// "./a//b" and "a/b" are one file.
std::string plain_name(std::string_view name) {
  std::string plain = std::filesystem::path(name).lexically_normal().generic_string();
  while (plain.starts_with('/')) plain.erase(0, 1);
  return plain;
}

/// An archive being read from its start, entry by entry.
class OpenArchive {
 public:
  explicit OpenArchive(const std::filesystem::path& file)
      : file_(file), opened_(open_to_read(file)), handle_(archive_read_new()) {
    if (!handle_) throw std::bad_alloc();
    archive_read_support_format_tar(handle_.get());
    archive_read_support_filter_gzip(handle_.get());
    archive_read_support_filter_zstd(handle_.get());
    archive_read_support_filter_bzip2(handle_.get());
    archive_read_support_filter_xz(handle_.get());
    check(archive_read_open_fd(handle_.get(), opened_.get(), block_bytes));
  }

  /// The next entry, valid until the one after; null pointer at the end.
  struct archive_entry* next() {
    struct archive_entry* entry = nullptr;
    const int outcome = archive_read_next_header(handle_.get(), &entry);
    if (outcome == ARCHIVE_EOF) return nullptr;
    check(outcome);
    return entry;
  }

  std::size_t read(ByteSpan into) {
    const la_ssize_t count = archive_read_data(handle_.get(), into.data(), into.size());
    if (count < 0) fail();
    return static_cast<std::size_t>(count);
  }

 private:
  struct Deleter {
    void operator()(struct archive* a) const { archive_read_free(a); }
  };

  void check(int outcome) {
    if (outcome != ARCHIVE_OK && outcome != ARCHIVE_WARN) fail();
  }
  [[noreturn]] void fail() {
    const char* why = archive_error_string(handle_.get());
    throw Error(ErrorKind::input, cat("read archive ", file_.string(), ": ",
                                      printable(why == nullptr ? "not a tar archive" : why)));
  }

  std::filesystem::path file_;
  FileDescriptor opened_;  // before what reads from it
  std::unique_ptr<struct archive, Deleter> handle_;
};

class EntryReader final : public Reader {
 public:
  explicit EntryReader(std::unique_ptr<OpenArchive> archive) : archive_(std::move(archive)) {}
  std::size_t read(ByteSpan into) override { return archive_->read(into); }

 private:
  std::unique_ptr<OpenArchive> archive_;
};

std::string name_of(struct archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  return name == nullptr ? "" : plain_name(name);
}

/// The file that a link leads to. A symlink's target is relative to its folder, a hard link's to
/// the top.
std::string link_of(struct archive_entry* entry, const std::string& name) {
  if (const char* hard = archive_entry_hardlink(entry)) return plain_name(hard);
  const char* soft = archive_entry_symlink(entry);
  if (soft == nullptr) return "";
  return plain_name((std::filesystem::path(name).parent_path() / soft).generic_string());
}

}  // namespace

ArchiveReader::ArchiveReader(std::filesystem::path file) : file_(std::move(file)) {
  OpenArchive archive(file_);
  while (struct archive_entry* entry = archive.next()) {
    const std::string name = name_of(entry);
    const std::string link = link_of(entry, name);
    if (link.empty() && archive_entry_filetype(entry) != AE_IFREG) continue;
    const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
    entries_.try_emplace(name, Entry{size, link});
    if (entries_.size() > max_files) {
      throw Error(ErrorKind::input,
                  cat("read archive ", file_.string(), ": more than ", max_files, " files"));
    }
  }
}

const std::pair<const std::string, ArchiveReader::Entry>* ArchiveReader::resolve(
    std::string_view name) const {
  std::string wanted = plain_name(name);
  for (int links = 0; links < max_links; ++links) {
    const auto found = entries_.find(wanted);
    if (found == entries_.end()) return nullptr;
    if (found->second.link.empty()) return &*found;
    wanted = found->second.link;
  }
  return nullptr;
}

bool ArchiveReader::has(std::string_view name) const { return resolve(name) != nullptr; }

std::uint64_t ArchiveReader::size(std::string_view name) const {
  const auto* found = resolve(name);
  if (found == nullptr) {
    throw Error(ErrorKind::input, cat(str(), ": no ", printable(name), " in it"));
  }
  return found->second.size;
}

std::unique_ptr<Reader> ArchiveReader::open(std::string_view name) const {
  const auto* found = resolve(name);
  if (found != nullptr) {
    auto archive = std::make_unique<OpenArchive>(file_);
    while (struct archive_entry* entry = archive->next()) {
      if (name_of(entry) == found->first) return std::make_unique<EntryReader>(std::move(archive));
    }
  }
  throw Error(ErrorKind::input, cat(str(), ": no ", printable(name), " in it"));
}

}  // namespace n2c
