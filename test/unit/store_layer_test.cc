#include "image/store_layer.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/error.h"
#include "go/archive_tar.h"
#include "test/support/small_stack.h"
#include "test/support/temp_store.h"

namespace store_layer_test {

using namespace n2c;
using test::read_in_steps;
using test::TempStore;

namespace {

constexpr std::size_t all_at_once = 1 << 20;

std::string tar_of(const TempStore& store, std::vector<StorePath> paths) {
  return read_in_steps(StoreLayerSource(std::move(paths), store.view()), 0, all_at_once);
}

/// What opening and reading the layer of /nix/store/a fails with.
std::optional<Error> failure(const TempStore& store) {
  try {
    tar_of(store, {{"/nix/store/a"}});
    return {};
  } catch (const Error& error) {
    return error;
  }
}

std::string entry(const go::TarHeader& header, std::string_view data = {}) {
  std::string bytes;
  REQUIRE(go::append_tar_header(header, bytes));
  return bytes + std::string(data) + std::string(go::tar_padding(data.size()), '\0');
}

go::TarHeader folder_header(std::string path, std::int64_t mode = 0755) {
  return {.type = '5',
          .name = std::move(path),
          .uname = "root",
          .gname = "root",
          .mode = mode,
          .mtime = 1};
}

const std::string trailer(1024, '\0');

}  // namespace

TEST_CASE("a layer without paths is two empty blocks (B1.2)") {
  const StoreLayerSource source({}, {});
  CHECK(read_in_steps(source, 0, 100) == trailer);
  const TarFacts facts = measure(source);
  CHECK(facts.size == 1024);
  CHECK(facts.digest.str() ==
        "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
}

TEST_CASE("a tar has the names without the case hack, bytes from the hacked ones, perms of them") {
  const TempStore store;
  store.file("/nix/store/a/Foo", "one");
  store.file("/nix/store/a/foo~nix~case~hack~1", "two");
  const StorePath path{"/nix/store/a",
                       PathOptions{{}, std::vector<Perm>{{"hack~1$", "0640", 0, 0, "", ""}}}};
  StoreView view = store.view();
  view.case_hack = true;
  const std::string tar = read_in_steps(StoreLayerSource({path}, view), 0, all_at_once);
  go::TarHeader upper = folder_header("/nix/store/a/Foo", 0444);
  upper.type = '0';
  upper.size = 3;
  go::TarHeader lower = folder_header("/nix/store/a/foo", 0640);
  lower.type = '0';
  lower.size = 3;
  CHECK(tar == entry(folder_header("/")) + entry(folder_header("/nix")) +
                   entry(folder_header("/nix/store")) + entry(folder_header("/nix/store/a")) +
                   entry(upper, "one") + entry(lower, "two") + trailer);
  view.case_hack = false;
  CHECK(read_in_steps(StoreLayerSource({path}, view), 0, all_at_once)
            .contains("/nix/store/a/foo~nix~case~hack~1"));
}

TEST_CASE("a layer is its parents, its files in order with mode and root as owner, and a trailer") {
  const TempStore store;
  store.folder("/nix/store/a", 0711);
  store.file("/nix/store/a/tool", "hello", 0555);
  store.symlink("/nix/store/a/link", "tool");
  const unsigned mode = store.set_user_id() | 0755;
  store.file("/nix/store/a/full", std::string(512, 'x'), mode);
  go::TarHeader file = folder_header("/nix/store/a/full", mode);
  file.type = '0';
  file.size = 512;
  go::TarHeader tool = folder_header("/nix/store/a/tool", 0555);
  tool.type = '0';
  tool.size = 5;
  go::TarHeader link = folder_header("/nix/store/a/link", 0777);
  link.type = '2';
  link.link = "tool";
  CHECK(tar_of(store, {{"/nix/store/a"}}) ==
        entry(folder_header("/")) + entry(folder_header("/nix")) +
            entry(folder_header("/nix/store")) + entry(folder_header("/nix/store/a", 0711)) +
            entry(file, std::string(512, 'x')) + entry(link) + entry(tool, "hello") + trailer);
}

TEST_CASE("a store path 1 900 folders deep is read on a thread with 128 KiB of stack") {
  const TempStore store;
  std::string deep = "/nix/store/a";
  for (int level = 0; level < 1'900; ++level) deep += "/d";
  store.file(deep + "/last", "hello");
  std::string tar;
  test::on_small_stack([&] { tar = tar_of(store, {{"/nix/store/a"}}); });
  CHECK(tar.contains(deep + "/last"));
}

TEST_CASE("a layer opened at any offset goes on as if it had been read from its start") {
  const TempStore store;
  store.file("/nix/store/a/empty", "");
  store.file("/nix/store/a/full", std::string(1024, 'f'));
  store.file("/nix/store/a/long", std::string(1500, 'l'));
  store.file("/nix/store/a/" + std::string(120, 'n'), "pax or split");
  store.symlink("/nix/store/a/link", std::string(150, 't'));
  const StoreLayerSource source({{"/nix/store/a"}}, store.view());
  const std::string whole = read_in_steps(source, 0, all_at_once);
  for (std::uint64_t offset = 0; offset < whole.size() + 700; offset += 61) {
    CAPTURE(offset);
    const std::string rest = offset < whole.size() ? whole.substr(offset) : "";
    REQUIRE(read_in_steps(source, offset, all_at_once) == rest);
  }
  for (const std::size_t step : {1UZ, 7UZ, 511UZ, 512UZ, 513UZ, 1500UZ}) {
    CAPTURE(step);
    REQUIRE(read_in_steps(source, 0, step) == whole);
    REQUIRE(read_in_steps(source, 2000, step) == whole.substr(2000));
  }
  CHECK(measure(source).size == whole.size());
  CHECK(measure(source).digest == oci::Digest::of(whole));
}

TEST_CASE("a file that is a store path, and a rewrite to nothing") {
  const TempStore store;
  store.file("/nix/store/a", "alone");
  CHECK(tar_of(store, {{"/nix/store/a"}}).size() == 3 * 512 + 1024 + 1024);
  const PathOptions nowhere{{"^/nix/store/a", ""}, {}};
  CHECK(tar_of(store, {{"/nix/store/a", nowhere}}) == trailer);
}

TEST_CASE(
    "a symlink is a leaf even as a store path; with a slash behind it, it is followed (E1.1)") {
  const TempStore store;
  store.file("/nix/store/b/f", "content");
  store.symlink("/nix/store/a", "b");
  const std::string leaf = tar_of(store, {{"/nix/store/a"}});
  CHECK(leaf.size() == 4 * 512 + 1024);
  CHECK(leaf.at(3 * 512 + 156) == '2');
  const std::string followed = tar_of(store, {{"/nix/store/a/"}});
  CHECK(followed.size() == 6 * 512 + 1024);
  CHECK(followed.substr(4 * 512, 14) == "/nix/store/a/f");
}

TEST_CASE("hard links are files of their own (B6.6)") {
  const TempStore store;
  store.file("/nix/store/a/one", "same");
  REQUIRE(::link(store.real("/nix/store/a/one").c_str(), store.real("/nix/store/a/two").c_str()) ==
          0);
  CHECK(tar_of(store, {{"/nix/store/a"}}).size() == 4 * 512 + 2 * 1024 + 1024);
}

TEST_CASE("what is not there or is no file a layer can hold is named, and why") {
  const TempStore store;
  auto error = failure(store);
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::local);
  CHECK(error->message() == "/nix/store/a is not on this machine");
  CHECK(error->hint().starts_with("it was looked for below --store-root"));
  store.fifo("/nix/store/a/pipe");
  error = failure(store);
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::local);
  CHECK(error->message() ==
        "'/nix/store/a/pipe' is a FIFO: a layer holds regular files, directories and symlinks "
        "only");
  const std::string zero_inside("/nix/store/a\0b", 14);
  CHECK_THROWS_WITH_AS(StoreLayerSource({{zero_inside}}, store.view()).open(),
                       doctest::Contains("is not the path of a file"), Error);
}

TEST_CASE("paths that are not on this machine are counted in the whole image (#21)") {
  const TempStore store;
  store.file("/nix/store/a", "x");
  const auto layers = std::make_shared<const StoreLayerSource::Layers>(StoreLayerSource::Layers{
      {{"/nix/store/a"}}, {{"/nix/store/b"}, {"/nix/store/c"}}, {{"/nix/store/c"}}});
  CHECK(StoreLayerSource(layers, 0, store.view()).open() != nullptr);
  CHECK_THROWS_WITH_AS(StoreLayerSource(layers, 2, store.view()).open(),
                       "/nix/store/c is not on this machine; 2 of 3 paths are missing", Error);
}

TEST_CASE("a header that no format can hold is reported when the layer is opened") {
  const TempStore store;
  store.file("/nix/store/a", "x");
  const PathOptions to_root{{"^.*$", "/"}, {}};
  CHECK_THROWS_WITH_AS(StoreLayerSource({{"/nix/store/a", to_root}}, store.view()).open(),
                       "a tar cannot hold /: filename may not have trailing slash", Error);
}

TEST_CASE("a file that grew, shrank or vanished while its layer is read ends the reading") {
  const TempStore store;
  const std::string path = "/nix/store/a";
  const auto failure_after = [&](auto change, std::size_t step) -> std::string {
    store.file(path, std::string(2000, 'a'), 0644);
    const auto reader = StoreLayerSource({{path}}, store.view()).open();
    change();
    std::vector<std::byte> block(step);
    try {
      while (reader->read(block) != 0) {
      }
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::local);
      return error.message();
    }
    return "read to the end";
  };
  const auto resize = [&](off_t size) {
    return [&store, &path, size] { REQUIRE(::truncate(store.real(path).c_str(), size) == 0); };
  };
  for (const std::size_t step : {100UZ, 512UZ, 4096UZ}) {
    CAPTURE(step);
    CHECK(failure_after(resize(2000), step) == "read to the end");
    CHECK(failure_after(resize(2001), step) ==
          "the file '/nix/store/a' grew while it was read: it had 2000 bytes when its layer was "
          "begun");
    CHECK(failure_after(resize(1999), step).contains("'/nix/store/a' shrank while it was read"));
    CHECK(failure_after([&] { ::unlink(store.real(path).c_str()); }, step) ==
          "open /nix/store/a: no such file or directory");
  }
}

TEST_CASE("an empty file that grew is noticed too") {
  const TempStore store;
  const std::string path = store.file("/nix/store/a", "", 0644);
  const auto reader = StoreLayerSource({{path}}, store.view()).open();
  store.file(path, "more", 0644);
  CHECK_THROWS_WITH_AS(read_all(*reader, 1 << 20), doctest::Contains("grew"), Error);
}

TEST_CASE("a file of 5 GiB is described by its size and read from any place in it") {
  const TempStore store;
  const std::string path = store.file("/nix/store/a", "", 0644);
  const off_t size = off_t{5} << 30;
  REQUIRE(::truncate(store.real(path).c_str(), size) == 0);
  const StoreLayerSource source({{path}}, store.view());
  const std::uint64_t data_at = 4 * 512;
  const auto end = data_at + static_cast<std::uint64_t>(size);
  CHECK(read_in_steps(source, end - 10, all_at_once) == std::string(10, '\0') + trailer);
}

}  // namespace store_layer_test
