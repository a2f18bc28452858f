// Tars that others wrote: n2c's own reader of layers and libarchive find the same files with the
// same bytes, or say what is wrong.

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <optional>
#include <vector>

#include "base/text.h"
#include "statement/tar_entries.h"
#include "test/fuzz/checks.h"

using namespace n2c;

namespace {

using fuzz::require;

struct File {
  std::string name;
  std::int64_t size;
  std::string digest;
  bool operator==(const File&) const = default;
};
using Files = std::vector<File>;

constexpr std::size_t most_entries = 1000;

/// Regular files. Nothing where the tar is wrong.
std::optional<Files> read_by_n2c(std::string_view tar, std::string_view sizes) {
  Files files;
  const bool is_whole = fuzz::ends_fairly([&] {
    TarEntries entries(std::make_unique<fuzz::PieceReader>(tar, sizes), "layer");
    std::size_t count = 0;
    while (const auto header = entries.next()) {
      require(++count <= most_entries, "no more entries than there are blocks");
      require(header->size >= 0, "no size is below nothing");
      if (header->type != '0') continue;
      files.push_back({header->name, header->size, entries.content().str()});
    }
  });
  return is_whole ? std::optional(files) : std::nullopt;
}

/// Nothing where it finds anything odd.
std::optional<Files> read_by_libarchive(std::string_view tar) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                      archive_read_free);
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_memory(reader.get(), tar.data(), tar.size()) != ARCHIVE_OK) return {};
  Files files;
  archive_entry* entry = nullptr;
  int state = ARCHIVE_OK;
  while ((state = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const bool is_odd = archive_entry_sparse_count(entry) != 0 ||
                        archive_entry_pathname(entry) == nullptr ||
                        archive_entry_size(entry) > static_cast<la_int64_t>(tar.size());
    if (is_odd) return {};
    if (archive_entry_hardlink(entry) != nullptr || archive_entry_filetype(entry) != AE_IFREG) {
      continue;
    }
    std::string bytes(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    if (archive_read_data(reader.get(), bytes.data(), bytes.size()) !=
        static_cast<la_ssize_t>(bytes.size())) {
      return {};
    }
    files.push_back(
        {archive_entry_pathname(entry), archive_entry_size(entry), oci::Digest::of(bytes).str()});
  }
  return state == ARCHIVE_EOF ? std::optional(files) : std::nullopt;
}

/// What readers understand differently on purpose is compared by its bytes alone.
std::vector<std::string> digests(const Files& files) {
  std::vector<std::string> all;
  for (const File& file : files) all.push_back(file.digest);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > (64 << 10)) return -1;
  fuzz::Input input(bytes, size);
  const std::string_view sizes = input.text_until('\0');
  const std::string_view tar = input.rest();
  const auto ours = read_by_n2c(tar, {});
  require(read_by_n2c(tar, sizes) == ours, "the same however it arrives");
  if (!ours) return 0;
  const auto theirs = read_by_libarchive(tar);
  require(!theirs || digests(*theirs) == digests(*ours), "libarchive finds the same bytes");
  return 0;
}
