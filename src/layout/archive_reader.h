#pragma once
/// The files inside an archive on disk: tar, plain or compressed, as docker save, skopeo, podman
/// and crane write it.
///
/// A file of a plain tar is opened where it is. For one of a compressed tar the archive is read
/// from its start; where that happens often it is unpacked into a temporary file, once. So the work
/// grows with the archive and with what is read of it, however many files are opened.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/locked.h"
#include "layout/archive_entries.h"
#include "layout/read_only_files.h"

namespace n2c {

class ArchiveReader final : public ReadOnlyFiles {
 public:
  /// So many files of a compressed archive are opened by reading it from its start.
  static constexpr std::size_t most_passes = 8;
  /// What a compressed archive may unpack to: this, or so many times its own size.
  static constexpr std::uint64_t least_unpacked_limit = std::uint64_t{4} << 30;
  static constexpr std::uint64_t most_times_larger = 100;

  /// Lists the archive. Errors call it by its `name`. Throws Error{local} when it cannot be opened,
  /// and Error{input} when it is not an archive or has more than 100 000 files.
  explicit ArchiveReader(NamedArchive file);
  explicit ArchiveReader(std::filesystem::path file)
      : ArchiveReader(NamedArchive{.path = std::move(file)}) {}

  std::string str() const override { return file_.name; }
  bool has(std::string_view name) const override;
  std::uint64_t size(std::string_view name) const override;
  /// Throws Error{local} too, where the archive cannot be unpacked into $TMPDIR or /tmp, and
  /// Error{input} where it is past the limit.
  std::unique_ptr<Reader> open(std::string_view name) const override;

  /// How often the whole of a compressed archive was read, listing and unpacking included.
  std::size_t passes() const;

 private:
  struct Entry {
    std::uint64_t size = 0;
    std::string link;            ///< another file of the archive; empty for a regular file
    std::uint64_t position = 0;  ///< of its header in the plain tar
  };
  using Named = std::pair<const std::string, Entry>;
  struct Passes {
    std::size_t count = 0;
    std::shared_ptr<const TemporaryFolder> unpacked;  ///< holds the plain tar
  };
  /// The regular file that the name leads to, through links; nothing when there is none.
  const Named* resolve(std::string_view name) const;
  std::unique_ptr<Reader> open_at(const Named& entry) const;
  std::shared_ptr<const TemporaryFolder> unpacked_if_often_read() const;

  NamedArchive file_;
  bool is_compressed_ = false;
  std::map<std::string, Entry> entries_;
  mutable Locked<Passes> passes_;
};

}  // namespace n2c
