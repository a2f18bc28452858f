#include "layout/read_only_files.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace n2c {

std::string ReadOnlyFiles::read(std::string_view name, std::uint64_t limit) const {
  const auto file = open(name);  // says itself which file is not there
  return at_place(cat(str(), ": ", printable(name)), [&] { return read_all(*file, limit); });
}

bool FolderFiles::has(std::string_view name) const {
  std::error_code absent;
  return std::filesystem::is_regular_file(folder_ / name, absent);
}

std::uint64_t FolderFiles::size(std::string_view name) const {
  std::error_code failed;
  const auto size = std::filesystem::file_size(folder_ / name, failed);
  if (failed) throw Error(ErrorKind::input, cat(str(), ": no ", printable(name), " in it"));
  return size;
}

std::unique_ptr<Reader> FolderFiles::open(std::string_view name) const {
  if (!has(name)) throw Error(ErrorKind::input, cat(str(), ": no ", printable(name), " in it"));
  return FileSource(folder_ / name).open();
}

}  // namespace n2c
