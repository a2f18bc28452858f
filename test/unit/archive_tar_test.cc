#include "go/archive_tar.h"

#include <doctest/doctest.h>

#include "base/hash.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "go/fmt.h"
#include "registry/client/auth/base64.h"
#include "test/support/fixtures.h"

namespace archive_tar_test {

using namespace n2c;

namespace {

std::string from_base64(std::string_view text) { return registry::base64_decode(text).value(); }

/// One line of fixtures/go/tar-header-vectors.jsonl.
class Vector {
 public:
  explicit Vector(std::string_view line)
      : json_(or_throw(go::Json::parse(line), ErrorKind::input, "vector")) {}

  std::string id() const { return json_.text_at("id"); }
  std::string error() const { return json_.text_at("error"); }
  std::string sha256() const { return json_.text_at("sha256"); }
  std::string bytes() const { return from_base64(json_.text_at("out_b64")); }
  go::TarHeader header() const {
    return {.type = json_.text_at("typ").at(0),
            .name = from_base64(json_.text_at("name_b64")),
            .link = from_base64(json_.text_at("link_b64")),
            .uname = from_base64(json_.text_at("uname_b64")),
            .gname = from_base64(json_.text_at("gname_b64")),
            .mode = number("mode"),
            .uid = number("uid"),
            .gid = number("gid"),
            .size = number("size"),
            .mtime = number("mtime"),
            .dev_major = number("maj"),
            .dev_minor = number("min")};
  }

 private:
  std::int64_t number(std::string_view key) const { return json_.find(key)->as_int().value(); }
  go::Json json_;
};

std::string sha256_of(std::string_view bytes) {
  Hash hash;
  hash.update(bytes_of(bytes));
  return hash.finish_hex();
}

}  // namespace

TEST_CASE("an extended attribute is a PAX record before the others, whatever its bytes (#18)") {
  go::TarHeader header{
      .name = "/bin/a", .uname = "root", .gname = "root", .mode = 0555, .mtime = 1};
  const std::string value("\1\0\0\2\n=", 6);
  header.xattrs["security.capability"] = value;
  header.uid = 1 << 24;
  std::string bytes;
  REQUIRE(go::append_tar_header(header, bytes));
  REQUIRE(bytes.size() == 3 * go::tar_block);
  CHECK(bytes[156] == 'x');
  const std::string data =
      "43 SCHILY.xattr.security.capability=" + value + "\n" + "16 uid=16777216\n";
  CHECK(bytes.substr(go::tar_block, data.size()) == data);
  CHECK(bytes[2 * go::tar_block + 156] == '0');
  header.mode = -1;
  const auto wrong = go::append_tar_header(header, bytes);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().ends_with("PAX cannot encode Mode=-1; and GNU cannot encode PAXRecords"));
}

TEST_CASE("an attribute's name that a PAX record cannot hold is refused in Go's words (#23)") {
  for (const std::string& name : {std::string("user.a=b"), std::string("user.a\0b", 8)}) {
    go::TarHeader header{.name = "/bin/a", .mode = 0555, .mtime = 1, .xattrs = {{name, "value"}}};
    std::string bytes;
    const auto wrong = go::append_tar_header(header, bytes);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error() == "archive/tar: cannot encode header: invalid PAX record: " +
                               go::quote("SCHILY.xattr." + name + " = value"));
    CHECK(bytes.empty());
  }
}

TEST_CASE(
    "every tar header Go wrote is written with the same bytes, and what Go refuses with its "
    "words") {
  const std::string lines = test::fixture("go/tar-header-vectors.jsonl");
  std::size_t checked = 0;
  for (const std::string_view line : split(trim(lines), '\n')) {
    const Vector vector(line);
    CAPTURE(vector.id());
    std::string written = "before";
    const auto result = go::append_tar_header(vector.header(), written);
    REQUIRE(written.starts_with("before"));
    written.erase(0, 6);
    if (!vector.error().empty()) {
      REQUIRE_FALSE(result);
      CHECK(result.error() == vector.error());
      CHECK(written.empty());
    } else {
      REQUIRE(result);
      if (!vector.bytes().empty()) CHECK(written == vector.bytes());
      CHECK(sha256_of(written) == vector.sha256());
    }
    ++checked;
  }
  CHECK(checked == 492);
}

TEST_CASE("data is filled up to whole blocks, and a full block gets none more") {
  CHECK(go::tar_padding(0) == 0);
  CHECK(go::tar_padding(1) == 511);
  CHECK(go::tar_padding(511) == 1);
  CHECK(go::tar_padding(512) == 0);
  CHECK(go::tar_padding((std::uint64_t{8} << 30) + 3) == 509);
}

}  // namespace archive_tar_test
