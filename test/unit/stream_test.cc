#include "base/stream.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

namespace stream_test {

using namespace n2c;

TEST_CASE("a source can be opened at any offset, again and again") {
  const MemorySource source("hello world");
  CHECK(read_all(*source.open(), 100) == "hello world");
  CHECK(read_all(*source.open(6), 100) == "world");
  CHECK(read_all(*source.open(11), 100).empty());
  CHECK(read_all(*source.open(99), 100).empty());
}

TEST_CASE("reading all of a reader stops at the limit with an input error") {
  const MemorySource source("hello world");
  CHECK_THROWS_WITH_AS(read_all(*source.open(), 5), "more than 5 B where less was due", Error);
}

TEST_CASE("a hashing reader tells the hash and the count of what passed") {
  HashingReader reader(MemorySource("abc").open());
  CHECK(read_all(reader, 100) == "abc");
  CHECK(reader.count() == 3);
  CHECK(reader.finish_hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a file that was begun and not committed leaves nothing behind") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "out.json";
  write_file(path, "old");
  {
    AtomicFile file(path);
    file.write(bytes_of("half"));
  }
  CHECK(read_file(path, 100) == "old");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  write_file(path, "new");
  CHECK(read_file(path, 100) == "new");
}

TEST_CASE("what is written to a link replaces the file it names, and the link stays") {
  const TemporaryFolder folder;
  const auto target = folder.path() / "target", link = folder.path() / "link";
  write_file(target, "old");
  std::filesystem::create_symlink("target", link);
  write_file(link, "new");
  CHECK(std::filesystem::is_symlink(link));
  CHECK(read_file(target, 100) == "new");
}

TEST_CASE("what is written to a pipe goes into it, and the pipe stays") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "pipe", link = folder.path() / "stdout";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::filesystem::create_symlink(path, link);
  const FileDescriptor reading(::open(path.c_str(), O_RDONLY | O_NONBLOCK));
  write_file(link, "bytes");
  char bytes[10] = {};
  CHECK(::read(reading.get(), bytes, sizeof bytes) == 5);
  CHECK(std::string(bytes) == "bytes");
  CHECK(std::filesystem::is_fifo(path));
  CHECK(std::filesystem::is_symlink(link));
}

TEST_CASE("a file that is being written has no name to find, and the usual mode when it has one") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "out.json";
  AtomicFile file(path);
  file.write(bytes_of("whole"));
  CHECK_FALSE(std::filesystem::exists(path));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    CHECK(entry.path().filename().string().starts_with(".n2c-"));  // no O_TMPFILE here
  }
  file.commit(Durability::fsync);
  CHECK(read_file(path, 100) == "whole");
  std::ofstream(folder.path() / "other") << "by the umask";
  CHECK(std::filesystem::status(path).permissions() ==
        std::filesystem::status(folder.path() / "other").permissions());
}

TEST_CASE("who replaces a file removes what dead writers left, and nothing of the living") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "out.json";
  const auto living = folder.path() / ".n2c-1.part";
  const auto dead = folder.path() / ".n2c-2.part";
  const auto other = folder.path() / ".n2c-notes";
  for (const auto& file : {path, living, dead, other}) std::ofstream(file) << "old";
  std::filesystem::create_symlink(path, folder.path() / ".n2c-3.part");
  const FileDescriptor held = open_to_read(living);
  REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  write_file(path, "new");
  CHECK(read_file(path, 100) == "new");
  CHECK(std::filesystem::exists(living));
  CHECK_FALSE(std::filesystem::exists(dead));
  CHECK(std::filesystem::exists(other));
  CHECK(std::filesystem::is_symlink(folder.path() / ".n2c-3.part"));
}

TEST_CASE("opening a file that is absent names it and the reason") {
  CHECK_THROWS_WITH_AS(read_file("/no/such", 10), "open /no/such: No such file or directory",
                       Error);
}

}  // namespace stream_test
