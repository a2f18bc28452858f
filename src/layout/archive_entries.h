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

/// An archive on disk, and what people know it as.
struct NamedArchive {
  std::filesystem::path path;
  std::string name = path.string();
};

/// One thread at a time. All throw Error{input} when the bytes are no tar or are cut, and what
/// reading them throws.
class ArchiveEntries {
 public:
  /// Of a file, from the entry on whose position is `from`, which is 0 where the tar is compressed.
  /// What is passed over is skipped by seeking where the tar is plain.
  explicit ArchiveEntries(const NamedArchive& file, std::uint64_t from = 0);
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
    std::uint64_t position = 0;  ///< of its header in the plain tar
  };
  /// The next one; what is left of the last is passed over. Nothing at the end, which has been read
  /// then. Throws Error{input} past 100 000 files.
  std::optional<Entry> next();
  /// Bytes of the current file; 0 at its end.
  std::size_t read(ByteSpan into);
  /// Whether the tar is compressed. Known once next() was called.
  bool is_compressed() const;

 private:
  friend void unpack_archive(const NamedArchive& file, Writer& to, std::uint64_t limit);
  struct State;  // libarchive's, so that its headers stay in archive_entries.cc
  std::unique_ptr<State> state_;
};

/// Writes the tar into `to` as a plain one. Throws Error{input} when it cannot be decompressed or
/// is longer than `limit` bytes, and what writing throws.
void unpack_archive(const NamedArchive& file, Writer& to, std::uint64_t limit);

}  // namespace n2c
