#include "test/support/temp_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "base/error.h"

namespace n2c::test {

namespace {

void check(int result, std::string_view doing) {
  if (result != 0) throw_errno(doing);
}

}  // namespace

std::string TempStore::real(std::string_view path) const {
  return folder_.path().string() + std::string(path);
}

void TempStore::make_parents(std::string_view path) const {
  for (std::size_t slash = path.find('/', 1); slash != path.npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = real(path.substr(0, slash));
    if (!std::filesystem::exists(parent)) check(::mkdir(parent.c_str(), 0755), parent);
  }
}

std::string TempStore::file(std::string_view path, std::string_view bytes, unsigned mode) const {
  make_parents(path);
  write_file(real(path), bytes, 0600);
  check(::chmod(real(path).c_str(), mode), path);
  return std::string(path);
}

unsigned TempStore::set_user_id() const {
  const std::string probe = real("/probe");
  write_file(probe, "", 0600);
  const bool given = ::chmod(probe.c_str(), S_ISUID | 0600) == 0;
  std::filesystem::remove(probe);
  return given ? S_ISUID : 0;
}

std::string TempStore::folder(std::string_view path, unsigned mode) const {
  make_parents(path);
  if (!std::filesystem::exists(real(path))) check(::mkdir(real(path).c_str(), 0755), path);
  check(::chmod(real(path).c_str(), mode), path);
  return std::string(path);
}

std::string TempStore::symlink(std::string_view path, std::string_view target) const {
  make_parents(path);
  check(::symlink(std::string(target).c_str(), real(path).c_str()), path);
  return std::string(path);
}

std::string TempStore::fifo(std::string_view path) const {
  make_parents(path);
  check(::mkfifo(real(path).c_str(), 0644), path);
  return std::string(path);
}

std::string read_in_steps(const ByteSource& source, std::uint64_t offset, std::size_t step) {
  const auto reader = source.open(offset);
  std::string all;
  std::vector<std::byte> block(step);
  while (const std::size_t count = reader->read(block)) {
    all += text_of(ByteView(block).first(count));
  }
  return all;
}

}  // namespace n2c::test
