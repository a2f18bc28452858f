#pragma once
/// The files of a tar, plain or compressed, in their order: each is read at most once.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/stream.h"

namespace n2c {

/// The name of a file in an archive: "./a//b" and "/a/b" are "a/b".
std::string plain_entry_name(std::string_view name);

/// One thread at a time. All throw Error{input} when the bytes are no tar or are cut, and what
/// reading them throws.
class ArchiveEntries {
 public:
  /// Of a file. What is passed over is skipped by seeking where the tar is plain.
  explicit ArchiveEntries(const std::filesystem::path& file);
  /// Of bytes that come once. `name` is for people.
  ArchiveEntries(std::unique_ptr<Reader> bytes, std::string name);
  ~ArchiveEntries();
  ArchiveEntries(const ArchiveEntries&) = delete;
  ArchiveEntries& operator=(const ArchiveEntries&) = delete;

  /// A regular file, or a link to one.
  struct Entry {
    std::string name;  ///< plain_entry_name()
    std::string link;  ///< the file it leads to; empty for a regular file
    std::uint64_t size = 0;
  };
  /// The next one; what is left of the last is passed over. Nothing at the end, which has been read
  /// then. Throws Error{input} past 100 000 files.
  std::optional<Entry> next();
  /// Bytes of the current file; 0 at its end.
  std::size_t read(ByteSpan into);

 private:
  struct State;  // libarchive's, so that its headers stay in archive_entries.cc
  std::unique_ptr<State> state_;
};

}  // namespace n2c
