#include "base/file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <span>
#include <string>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/system.h"
#include "base/text.h"

namespace file_test {

using namespace n2c;

namespace {

std::string failure(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

/// A folder with one of each that is no file.
struct Odd {
  Odd() {
    std::filesystem::create_directory(at("folder"));
    REQUIRE(::mkfifo(at("fifo").c_str(), 0600) == 0);
    std::filesystem::create_symlink("fifo", at("link to a fifo"));
    std::filesystem::create_symlink("/dev/zero", at("link to a device"));
  }
  std::string at(const std::string& name) const { return (folder.path() / name).string(); }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("what is opened by name is a regular file, and nothing else is waited for") {
  const Odd odd;
  for (const char* name : {"folder", "fifo", "link to a fifo", "link to a device"}) {
    const std::string path = odd.at(name);
    const std::string why = cat("open ", path, ": not a regular file");
    CHECK(failure([&] { open_to_read(path); }) == why);
    CHECK(failure([&] { open_if_there(path); }) == why);
    CHECK(failure([&] { read_file(path, 10); }) == why);
    CHECK(failure([&] { FileSource(path).open(); }) == why);
  }
  CHECK(failure([] { open_to_read("/none"); }) == "open /none: No such file or directory");
  CHECK(failure([&] { open_folder(odd.at("fifo")); }) ==
        cat("open ", odd.at("fifo"), ": Not a directory"));
}

TEST_CASE("nothing but a name that is not there counts as absent") {
  const std::string loop = std::generic_category().message(ELOOP);  // musl has other words
  const Odd odd;
  write_file(odd.at("file"), "text");
  CHECK_FALSE(open_if_there(odd.at("none")));
  CHECK_FALSE(read_if_there(odd.at("none"), 10));
  CHECK(read_if_there(odd.at("file"), 10) == "text");
  CHECK(failure([&] { open_if_there(odd.at("file/none")); }).ends_with("Not a directory"));
  std::filesystem::create_symlink("loop", odd.at("loop"));
  CHECK(failure([&] { open_if_there(odd.at("loop")); }).ends_with(loop));
  CHECK(is_there(odd.at("file")));
  CHECK_FALSE(is_there(odd.at("none")));
  CHECK(failure([&] { is_there(odd.at("loop")); }).starts_with("look at "));
}

TEST_CASE("what the user names may be a pipe whose writer takes its time") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const FileDescriptor reading(ends[0]);
  std::string text;
  {
    std::jthread reader([&] { text = read_argument(cat("/dev/fd/", ends[0]), 100); });
    for (const char* part : {"one ", "two"}) {
      REQUIRE(::write(ends[1], part, std::string_view(part).size()) > 0);
    }
    ::close(ends[1]);
  }
  CHECK(text == "one two");
  CHECK(read_argument("/dev/null", 10).empty());
}

TEST_CASE("two threads that write into one full pipe lose nothing (#23)") {
  const PipeEnds pipe = make_pipe();
  const std::string block(300'000, 'x');
  const auto write = [&] { CHECK(write_bytes(pipe.write.get(), bytes_of(block))); };
  std::jthread one(write), other(write);
  std::string seen(600'000, ' ');
  const auto reader = reader_of(FileDescriptor(::dup(pipe.read.get())), "the pipe");
  CHECK(read_full(*reader, std::as_writable_bytes(std::span(seen))) == seen.size());
  CHECK(seen.find(' ') == std::string::npos);
}

TEST_CASE("a FIFO that the user names is read as soon as somebody writes into it") {
  const Odd odd;
  std::string text;
  {
    std::jthread reader([&] { text = read_argument(odd.at("fifo"), 100); });
    const FileDescriptor writer(::open(odd.at("fifo").c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(::write(writer.get(), "said", 4) == 4);
  }
  CHECK(text == "said");
  CHECK(failure([&] { read_argument(odd.at("folder"), 10); }).ends_with(": not a regular file"));
}

TEST_CASE("a lock is held by one at a time and leaves no file") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  using namespace std::chrono_literals;
  {
    const auto first = FileLock::take(path, 0ms, {});
    REQUIRE(first);
    CHECK_FALSE(FileLock::take(path, 1ms, {}));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(FileLock::take(path, 0ms, {}));
}

TEST_CASE("a lock's name that is a link or a FIFO is refused, and nothing is made elsewhere") {
  const Odd odd;
  std::filesystem::create_symlink("elsewhere", odd.at("lock"));
  CHECK_FALSE(failure([&] { FileLock::take(odd.at("lock"), {}, {}); }).empty());
  CHECK_FALSE(failure([&] { FileLock::take(odd.at("fifo"), {}, {}); }).empty());
  CHECK_FALSE(std::filesystem::exists(odd.at("elsewhere")));
}

TEST_CASE(
    "what is behind a link is found, also where nothing is there yet, and no link is no detour") {
  const Odd odd;
  write_file(odd.at("file"), "text");
  std::filesystem::create_symlink("file", odd.at("link"));
  std::filesystem::create_symlink("nothing", odd.at("dangling"));
  std::filesystem::create_symlink("dangling", odd.at("to dangling"));
  std::filesystem::create_symlink("loop", odd.at("loop"));
  CHECK(behind_links(odd.at("link")) == std::filesystem::canonical(odd.at("file")));
  CHECK(behind_links(odd.at("to dangling")) == odd.at("nothing"));
  for (const char* same : {"file", "none", "loop", "fifo"}) {
    CHECK(behind_links(odd.at(same)) == odd.at(same));
  }
  write_file(odd.at("to dangling"), "new");
  CHECK(read_file(odd.at("nothing"), 10) == "new");
  CHECK(std::filesystem::is_symlink(odd.at("dangling")));
}

TEST_CASE("a link that another user made where everyone may write is not written through (#23)") {
  const Odd odd;
  const std::string all = odd.at("all"), trap = all + "/out", to_trap = odd.at("to trap");
  std::filesystem::create_directory(all);
  REQUIRE(::chmod(all.c_str(), 01777) == 0);
  std::filesystem::create_symlink("../secret", trap);
  std::filesystem::create_symlink("all/out", to_trap);
  write_file(trap, "through a link of our own");
  CHECK(read_file(odd.at("secret"), 100) == "through a link of our own");
  if (::lchown(trap.c_str(), 65534, 65534) != 0) return;  // only root may give it to another user
  for (const std::string& name : {trap, to_trap}) {
    CHECK(failure([&] {
            write_file(name, "theirs");
          }).ends_with("/out: a link of another user, where everyone may write"));
  }
  CHECK(read_file(odd.at("secret"), 100) == "through a link of our own");
}

TEST_CASE("a file begun in a folder writes to no name that stands there") {
  const Odd odd;
  std::filesystem::create_symlink("elsewhere", odd.at("blob"));
  AtomicFile file(AtomicFile::In{.folder = odd.folder.path(), .shown = "a blob"});
  file.write(bytes_of("text"));
  file.commit_as(odd.at("blob"));
  CHECK_FALSE(std::filesystem::exists(odd.at("elsewhere")));
  CHECK_FALSE(std::filesystem::is_symlink(odd.at("blob")));
  CHECK(read_file(odd.at("blob"), 10) == "text");
}

}  // namespace file_test
