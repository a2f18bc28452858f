#pragma once
/// Files by relative name, in a folder or inside an archive. Readers of layouts see nothing else.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/stream.h"

namespace n2c {

/// A closed set of files that can be opened again and again. Thread-safe.
class ReadOnlyFiles {
 public:
  virtual ~ReadOnlyFiles() = default;
  /// For people: the folder or the archive.
  virtual std::string str() const = 0;
  virtual bool has(std::string_view name) const = 0;
  /// Throws Error{input} "PATH: no NAME in it".
  virtual std::uint64_t size(std::string_view name) const = 0;
  virtual std::unique_ptr<Reader> open(std::string_view name) const = 0;

  /// A small file as a whole. Throws Error{input} past `limit` bytes.
  std::string read(std::string_view name, std::uint64_t limit) const;
};

/// The regular files below a folder.
class FolderFiles final : public ReadOnlyFiles {
 public:
  explicit FolderFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::string str() const override { return folder_.string(); }
  bool has(std::string_view name) const override;
  std::uint64_t size(std::string_view name) const override;
  std::unique_ptr<Reader> open(std::string_view name) const override;

 private:
  std::filesystem::path folder_;
};

}  // namespace n2c
