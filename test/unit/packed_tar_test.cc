// Tars that others packed, read and put into a layer (#18).

#include "image/packed_tar.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "image/store_layer.h"
#include "test/support/temp_store.h"

namespace packed_tar_test {

using namespace n2c;
using test::TempStore;

namespace {

std::string entry(go::TarHeader header, std::string_view data = {}) {
  header.size = static_cast<std::int64_t>(data.size());
  std::string bytes;
  REQUIRE(go::append_tar_header(header, bytes));
  bytes += data;
  bytes.append(go::tar_padding(data.size()), '\0');
  return bytes;
}

std::string ended(std::string bytes) { return bytes.append(go::tar_trailer, '\0'); }

std::vector<PackedFile> read(const std::string& tar) {
  const TempStore store;
  store.file("/nix/store/a.tar", tar);
  return read_packed_tar(open_to_read(store.real("/nix/store/a.tar")), "a.tar");
}

std::string refusal(const std::string& tar) {
  try {
    read(tar);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.message();
  }
  return "taken";
}

/// The layer of these paths, read as such a tar, with the data of each regular file as its link.
std::vector<go::TarHeader> layer_of(const TempStore& store, std::vector<StorePath> paths) {
  const StoreLayerSource layer(std::move(paths), store.view());
  const std::string bytes = read_all(*layer.open(), 1 << 20);
  CHECK(test::read_in_steps(layer, 700, 100) == bytes.substr(700));
  std::vector<go::TarHeader> headers;
  for (PackedFile& file : read(bytes)) {
    if (file.header.type == '0') {
      file.header.link = bytes.substr(file.data_at, static_cast<std::size_t>(file.header.size));
    }
    headers.push_back(std::move(file.header));
  }
  return headers;
}

const go::TarHeader& named(const std::vector<go::TarHeader>& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &go::TarHeader::name);
  REQUIRE_MESSAGE(found != headers.end(), name);
  return *found;
}

}  // namespace

TEST_CASE("a tar's entries are read with their owners, modes and attributes") {
  go::TarHeader file{.name = "./srv/key", .uname = "a", .gname = "b", .mode = 04640, .uid = 33};
  file.gid = 1 << 24;
  file.xattrs["security.capability"] = std::string("\1\0\2", 3);
  const auto files =
      read(ended(entry({.type = '5', .name = "./", .mode = 0700, .uid = 9}) +
                 entry({.type = '5', .name = "./srv/", .mode = 01777}) + entry(file, "secret") +
                 entry({.type = '2', .name = "./link", .link = "srv/key"}) +
                 entry({.type = '1', .name = "./hard", .link = "./srv/key"})));
  REQUIRE(files.size() == 4);
  CHECK(files[0].header.name == "/srv");
  CHECK(files[0].header.mode == 01777);
  CHECK(files[1].header.name == "/srv/key");
  CHECK(files[1].header.mode == 04640);
  CHECK(files[1].header.uid == 33);
  CHECK(files[1].header.gid == 1 << 24);
  CHECK(files[1].header.uname == "a");
  CHECK(files[1].header.size == 6);
  CHECK(files[1].header.xattrs == file.xattrs);
  CHECK(files[2].header.link == "srv/key");
  CHECK(files[2].header.mode == 0777);
  CHECK(files[3].header.name == "/hard");
  CHECK(files[3].header.type == '0');
  CHECK(files[3].header.uid == 33);
  CHECK(files[3].data_at == files[1].data_at);
}

TEST_CASE("long names are read in each of the forms that tars have") {
  const std::string split = std::string(90, 'd') + "/" + std::string(90, 'f');
  const std::string pax = std::string(300, 'p'), gnu = std::string(300, 'g');
  const auto files = read(ended(
      entry({.name = split}) + entry({.name = pax}) +
      entry({.type = 'L', .name = "././@LongLink"}, gnu + '\0') + entry({.name = "g"}) +
      entry({.type = 'g', .name = "pax_global_header"}, "10 uid=77\n") + entry({.name = "n"})));
  REQUIRE(files.size() == 4);
  CHECK(files[0].header.name == "/" + split);
  CHECK(files[1].header.name == "/" + pax);
  CHECK(files[2].header.name == "/" + gnu);
  CHECK(files[2].header.uid == 0);
  CHECK(files[3].header.name == "/n");
  CHECK(files[3].header.uid == 77);
}

TEST_CASE("what no layer has, and what is no tar, is refused by name") {
  CHECK(refusal(ended(entry({.type = '3', .name = "dev/null"}))) ==
        "the tar a.tar has dev/null, which is a device: a layer holds none");
  CHECK(refusal(ended(entry({.type = '6', .name = "pipe"}))) ==
        "the tar a.tar has pipe, which is a FIFO: a layer holds none");
  CHECK(refusal(ended(entry({.name = "../etc/passwd"}))) ==
        "the tar a.tar has ../etc/passwd, whose name leads elsewhere");
  std::string deep = "a";
  while (deep.size() <= 4096) deep += "/a";
  CHECK(refusal(ended(entry({.name = deep}))).ends_with(", a name longer than any system takes"));
  CHECK(refusal(ended(entry({.type = '1', .name = "h", .link = "gone"}))) ==
        "the tar a.tar has /h, a hard link to gone, which is not a file before it");
  CHECK(refusal(ended(entry({.type = 'S', .name = "s"}))) == "the tar a.tar: it has sparse files");
  CHECK(refusal("\x1f\x8b" + std::string(600, 'x')) == "the tar a.tar: it is not a plain tar");
  CHECK(refusal("") == "the tar a.tar: it is empty, and no tar");
  const std::string whole = entry({.name = "f"}, std::string(2000, 'x'));
  CHECK(refusal(whole.substr(0, 1500)) == "the tar a.tar: it is cut");
  CHECK(refusal(whole.substr(0, 300)) == "the tar a.tar: it is cut");
  CHECK(refusal(whole + whole.substr(0, 511)) == "the tar a.tar: it is cut");
  CHECK(refusal(whole + std::string(512, 'x')) == "the tar a.tar: a header in it is broken");
  CHECK(refusal(ended(entry({.type = 'x', .name = "x"}, "99 path=a\n") + whole)) ==
        "the tar a.tar: its PAX records are broken");
}

TEST_CASE("a tar's entries are in the layer above the files of the paths before it") {
  const TempStore store;
  store.file("/nix/store/root/etc/motd", "of the store");
  store.file("/nix/store/root/etc/other", "stays");
  store.file("/nix/store/packed.tar",
             ended(entry({.type = '5', .name = "etc", .mode = 0700, .uid = 5}) +
                   entry({.name = "etc/motd", .mode = 0600, .uid = 7, .gid = 8}, "of the tar") +
                   entry({.name = "srv/deep/empty", .mode = 0644})));
  const StorePath root{.path = "/nix/store/root",
                       .options = PathOptions{.rewrite = {"^/nix/store/root", ""}, .perms = {}}};
  const auto headers =
      layer_of(store, {root, {.path = "/nix/store/packed.tar", .options = {}, .is_tar = true}});
  CHECK(named(headers, "/etc").uid == 5);
  CHECK(named(headers, "/etc").mode == 0700);
  CHECK(named(headers, "/etc/motd").link == "of the tar");
  CHECK(named(headers, "/etc/motd").uid == 7);
  CHECK(named(headers, "/etc/motd").mtime == 1);
  CHECK(named(headers, "/etc/other").link == "stays");
  CHECK(named(headers, "/srv/deep").mode == 0755);
  CHECK(named(headers, "/srv/deep/empty").size == 0);
  CHECK(headers.size() == 6);
}

TEST_CASE("an entry of a tar does not make a file of a folder") {
  const TempStore store;
  store.file("/nix/store/root/etc/motd", "of the store");
  store.file("/nix/store/packed.tar", ended(entry({.name = "etc"}, "a file")));
  const StorePath root{.path = "/nix/store/root",
                       .options = PathOptions{.rewrite = {"^/nix/store/root", ""}, .perms = {}}};
  const StoreLayerSource layer(
      {root, {.path = "/nix/store/packed.tar", .options = {}, .is_tar = true}}, store.view());
  CHECK_THROWS_WITH_AS(layer.open(), doctest::Contains("/etc comes twice"), Error);
}

}  // namespace packed_tar_test
