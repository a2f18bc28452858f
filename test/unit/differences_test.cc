#include <doctest/doctest.h>

#include "base/text.h"
#include "statement/json_difference.h"
#include "statement/tar_difference.h"

namespace differences_test {

using namespace n2c;

namespace {

const std::string hello = cat("/nix/store/", std::string(32, 'a'), "-hello-1");
const std::string rebuilt = cat("/nix/store/", std::string(32, 'b'), "-hello-1");

struct File {
  go::TarHeader header;
  std::string content{};
};

TarEntries tar_of(const std::vector<File>& files) {
  std::string tar;
  for (File file : files) {
    file.header.size = static_cast<std::int64_t>(file.content.size());
    REQUIRE(go::append_tar_header(file.header, tar).has_value());
    tar += file.content + std::string(go::tar_padding(file.content.size()), '\0');
  }
  return {MemorySource(tar + std::string(go::tar_trailer, '\0')).open(), "layer"};
}

std::string difference(const std::vector<File>& is, const std::vector<File>& should) {
  TarEntries left = tar_of(is);
  TarEntries right = tar_of(should);
  const auto found = first_difference(left, right);
  return found ? cat(found->file, ": ", found->why) : "";
}

std::string json_difference(std::string_view is, std::string_view should) {
  return first_difference(*go::Json::parse(is), *go::Json::parse(should)).value_or("");
}

}  // namespace

TEST_CASE("the first entry that differs is named, with what of it differs") {
  const File file{{.name = hello, .mode = 0444}, "data"};
  const auto other = [&](auto change) {
    File changed = file;
    change(changed);
    return difference({changed}, {file});
  };
  CHECK(difference({file}, {file}).empty());
  CHECK(other([](File& f) { f.content = "tada"; }) == hello + ": its content differs");
  CHECK(other([](File& f) { f.content = "longer"; }) == hello + ": its size is 6, and should be 4");
  CHECK(other([](File& f) { f.header.mode = 0555; }) ==
        hello + ": its mode is 0555, and should be 0444");
  CHECK(other([](File& f) { f.header.uid = 5; }) == hello + ": its owner is 5, and should be 0");
  CHECK(other([](File& f) { f.header.name = rebuilt; }) ==
        cat(rebuilt, ": it is of another build: ", hello, " should be here"));
  CHECK(other([](File& f) { f.header.name = "/etc/x"; }) ==
        cat("/etc/x: it is where ", hello, " should be"));
  CHECK(other([](File& f) {
          f.header.type = '2';
          f.header.link = "x";
          f.content = "";
        }) == hello + ": it is a symbolic link, and should be a file");
  CHECK(difference({}, {file}) == hello + ": it is missing, and so is all that follows");
  CHECK(difference({file, file}, {file}) == hello + ": it should not be there");
}

TEST_CASE("the first member of a JSON value that differs is named, whatever their order") {
  CHECK(json_difference(R"({"a":1,"b":[1,2]})", R"({"b":[1,2],"a":1})").empty());
  CHECK(json_difference(R"({"a":{"b":[1,3]}})", R"({"a":{"b":[1,2]}})") ==
        "a.b[1] is 3, and should be 2");
  CHECK(json_difference(R"({"a":[1]})", R"({"a":[1,2]})") == "a[1] is not there, and should be 2");
  CHECK(json_difference(R"({"x":1})", "{}") == "x is 1, and should be not there");
}

}  // namespace differences_test
