#pragma once
/// The files inside an archive on disk: tar, plain or compressed, as docker save, skopeo, podman
/// and crane write it.
///
/// Opening a file reads the archive from its start; a plain tar is skipped through by seeking.
/// Nothing is unpacked.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "layout/read_only_files.h"

namespace n2c {

class ArchiveReader final : public ReadOnlyFiles {
 public:
  /// Lists the archive. Throws Error{local} when it cannot be opened, and Error{input} when it is
  /// not an archive or has more than 100 000 files.
  explicit ArchiveReader(std::filesystem::path file);

  std::string str() const override { return file_.string(); }
  bool has(std::string_view name) const override;
  std::uint64_t size(std::string_view name) const override;
  std::unique_ptr<Reader> open(std::string_view name) const override;

 private:
  struct Entry {
    std::uint64_t size = 0;
    std::string link;  ///< another file of the archive; empty for a regular file
  };
  /// The regular file that the name leads to, through links; nothing when there is none.
  const std::pair<const std::string, Entry>* resolve(std::string_view name) const;

  std::filesystem::path file_;
  std::map<std::string, Entry> entries_;
};

}  // namespace n2c
