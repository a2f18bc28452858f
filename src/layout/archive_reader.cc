#include "layout/archive_reader.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace n2c {

namespace {

constexpr int max_links = 16;
constexpr const char* unpacked_name = "archive.tar";

class EntryReader final : public Reader {
 public:
  /// `folder` is where the archive is, if it has to be kept.
  EntryReader(std::unique_ptr<ArchiveEntries> archive,
              std::shared_ptr<const TemporaryFolder> folder)
      : folder_(std::move(folder)), archive_(std::move(archive)) {}
  std::size_t read(ByteSpan into) override { return archive_->read(into); }

 private:
  std::shared_ptr<const TemporaryFolder> folder_;
  std::unique_ptr<ArchiveEntries> archive_;
};

/// The archive as a plain tar in a folder of its own.
std::shared_ptr<const TemporaryFolder> unpacked(const NamedArchive& file) {
  std::error_code unknown;
  const std::uintmax_t packed = std::filesystem::file_size(file.path, unknown);
  const std::uint64_t limit = std::max(ArchiveReader::least_unpacked_limit,
                                       ArchiveReader::most_times_larger * (unknown ? 0 : packed));
  auto folder = std::make_shared<const TemporaryFolder>();
  AtomicFile plain(folder->path() / unpacked_name, 0600);
  unpack_archive(file, plain, limit);
  plain.commit();
  return folder;
}

}  // namespace

ArchiveReader::ArchiveReader(NamedArchive file) : file_(std::move(file)) {
  ArchiveEntries archive(file_);
  while (auto entry = archive.next()) {
    is_compressed_ = archive.is_compressed();
    entries_.try_emplace(std::move(entry->name),
                         Entry{entry->size, std::move(entry->link), entry->position});
  }
  if (is_compressed_) passes_.with([](Passes& passes) { passes.count = 1; });
}

const ArchiveReader::Named* ArchiveReader::resolve(std::string_view name) const {
  std::string wanted = plain_entry_name(name);
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

std::size_t ArchiveReader::passes() const {
  return passes_.with([](const Passes& passes) { return passes.count; });
}

std::unique_ptr<Reader> ArchiveReader::open(std::string_view name) const {
  if (const Named* found = resolve(name)) {
    if (auto reader = open_at(*found)) return reader;
  }
  throw Error(ErrorKind::input, cat(str(), ": no ", printable(name), " in it"));
}

/// Nothing when it is no longer there.
std::unique_ptr<Reader> ArchiveReader::open_at(const Named& entry) const {
  auto folder = is_compressed_ ? unpacked_if_often_read() : nullptr;
  const bool is_plain = folder != nullptr || !is_compressed_;
  const NamedArchive plain{.path = folder ? folder->path() / unpacked_name : file_.path,
                           .name = file_.name};
  auto archive = std::make_unique<ArchiveEntries>(plain, is_plain ? entry.second.position : 0);
  while (const auto found = archive->next()) {
    if (found->name == entry.first) {
      return std::make_unique<EntryReader>(std::move(archive), std::move(folder));
    }
    if (is_plain) break;
  }
  return nullptr;
}

/// Others wait while it is unpacked.
std::shared_ptr<const TemporaryFolder> ArchiveReader::unpacked_if_often_read() const {
  return passes_.with([&](Passes& passes) {
    if (passes.unpacked == nullptr) ++passes.count;
    if (passes.unpacked == nullptr && passes.count > most_passes) {
      passes.unpacked = unpacked(file_);
    }
    return passes.unpacked;
  });
}

}  // namespace n2c
