/// A wrong word for a place is answered with the right one.

#include "places/right_word.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "base/file.h"
#include "layout/archive_writer.h"
#include "test/support/check_fails.h"

namespace right_word_test {

using namespace n2c;
using namespace n2c::test;

namespace {

/// One of each: the folders "layout" and "dir", the files "oci.tar", "docker.tar", "both.tar" and
/// "text".
struct Places {
  Places() {
    std::filesystem::create_directories(folder.path() / "layout");
    std::filesystem::create_directories(folder.path() / "dir");
    std::filesystem::create_directories(folder.path() / "empty");
    write_file(at("layout/oci-layout"), "{}");
    write_file(at("dir/manifest.json"), "{}");
    write_archive("oci.tar", {"oci-layout", "index.json"});
    write_archive("docker.tar", {"manifest.json"});
    write_archive("both.tar", {"manifest.json", "oci-layout"});
    write_file(at("text"), "text");
  }

  std::string at(const std::string& name) const { return (folder.path() / name).string(); }

  void write_archive(const std::string& name, const std::vector<std::string>& files) const {
    std::vector<ArchiveFile> entries;
    for (const std::string& file : files) {
      entries.push_back({file, 2, std::make_shared<MemorySource>("{}")});
    }
    write_file(at(name), read_all(*ArchiveSource(std::move(entries)).open(), 1 << 20));
  }

  Address address(const std::string& word, const std::string& name) const {
    return *Address::parse(word + at(name));
  }

  TemporaryFolder folder;
};

void open(const Address& address) {
  if (address.kind == Address::Kind::oci_archive || address.kind == Address::Kind::docker_archive) {
    open_archive(address);
  } else {
    expect_right_word(address);
  }
}

}  // namespace

TEST_CASE("a source that another word reads is named by that word (#19)") {
  const Places places;
  struct Row {
    std::string word, name, said, right;
  };
  for (const Row& row : std::vector<Row>{
           {"docker-archive:", "oci.tar", " is an OCI archive, not a docker-archive",
            "oci-archive:"},
           {"oci-archive:", "docker.tar", " is a docker-archive, not an OCI archive",
            "docker-archive:"},
           {"docker-archive:", "layout", " is a folder, and docker-archive: reads a file", "oci:"},
           {"oci-archive:", "dir", " is a folder, and oci-archive: reads a file", "dir:"},
           {"oci-archive:", "empty", " is a folder, and oci-archive: reads a file", ""},
           {"oci:", "oci.tar", " is a file, and oci: reads a folder", "oci-archive:"},
           {"dir:", "docker.tar", " is a file, and dir: reads a folder", "docker-archive:"},
           {"oci:", "text", " is a file, and oci: reads a folder", ""},
           {"oci:", "dir", " is a dir: folder, not an OCI layout", "dir:"},
           {"dir:", "layout", " is an OCI layout, not a dir: folder", "oci:"}}) {
    CAPTURE(row.word);
    CAPTURE(row.name);
    const Error error = failure_of([&] { open(places.address(row.word, row.name)); });
    CHECK(error.kind() == ErrorKind::input);
    CHECK(error.message() == places.at(row.name) + row.said);
    const std::string address = row.right + places.at(row.name);
    CHECK(error.hint().ends_with(row.right.empty() ? "" : address));
    CHECK(error.hint().empty() == row.right.empty());
  }
}

TEST_CASE("what has the right word, serves two, or is not there is no matter of words") {
  const Places places;
  for (const auto& [word, name] :
       std::vector<std::pair<std::string, std::string>>{{"docker-archive:", "docker.tar"},
                                                        {"oci-archive:", "oci.tar"},
                                                        {"docker-archive:", "both.tar"},
                                                        {"oci-archive:", "both.tar"},
                                                        {"oci:", "layout"},
                                                        {"dir:", "dir"},
                                                        {"oci:", "gone"}}) {
    CAPTURE(word);
    CAPTURE(name);
    CHECK_NOTHROW(open(places.address(word, name)));
    CHECK_NOTHROW(expect_word_for_writing(places.address(word, name)));
  }
}

TEST_CASE("a destination of the other kind is refused before anything is written (#19)") {
  const Places places;
  for (const auto& [word, name, said] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"oci-archive:", "layout", "is a folder, and oci-archive: writes a file"},
           {"docker-archive:", "empty", "is a folder, and docker-archive: writes a file"},
           {"oci:", "oci.tar", "is a file, and oci: writes a folder"},
           {"dir:", "text", "is a file, and dir: writes a folder"},
           {"oci:", "dir", "is a dir: folder, not an OCI layout"},
           {"dir:", "layout", "is an OCI layout, not a dir: folder"}}) {
    CAPTURE(word);
    CAPTURE(name);
    CHECK_FAILS(expect_word_for_writing(places.address(word, name)), ErrorKind::input, said);
  }
}

}  // namespace right_word_test
