#include "layout/archive_reader.h"

#include "base/error.h"
#include "base/text.h"
#include "layout/archive_entries.h"

namespace n2c {

namespace {

constexpr int max_links = 16;

class EntryReader final : public Reader {
 public:
  explicit EntryReader(std::unique_ptr<ArchiveEntries> archive) : archive_(std::move(archive)) {}
  std::size_t read(ByteSpan into) override { return archive_->read(into); }

 private:
  std::unique_ptr<ArchiveEntries> archive_;
};

}  // namespace

ArchiveReader::ArchiveReader(std::filesystem::path file) : file_(std::move(file)) {
  ArchiveEntries archive(file_);
  while (auto entry = archive.next()) {
    entries_.try_emplace(std::move(entry->name), Entry{entry->size, std::move(entry->link)});
  }
}

const std::pair<const std::string, ArchiveReader::Entry>* ArchiveReader::resolve(
    std::string_view name) const {
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

std::unique_ptr<Reader> ArchiveReader::open(std::string_view name) const {
  const auto* found = resolve(name);
  if (found != nullptr) {
    auto archive = std::make_unique<ArchiveEntries>(file_);
    while (const auto entry = archive->next()) {
      if (entry->name == found->first) return std::make_unique<EntryReader>(std::move(archive));
    }
  }
  throw Error(ErrorKind::input, cat(str(), ": no ", printable(name), " in it"));
}

}  // namespace n2c
