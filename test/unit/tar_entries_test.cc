#include "statement/tar_entries.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "statement/held_paths.h"
#include "test/support/check_fails.h"

namespace tar_entries_test {

using namespace n2c;

namespace {

/// A tar of these files, as n2c writes it.
std::string tar_of(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string tar;
  for (const auto& [name, content] : files) {
    go::TarHeader header{.type = name.ends_with('/') ? '5' : '0', .name = name, .mode = 0444};
    header.size = static_cast<std::int64_t>(content.size());
    REQUIRE(go::append_tar_header(header, tar).has_value());
    tar += content + std::string(go::tar_padding(content.size()), '\0');
  }
  return tar + std::string(go::tar_trailer, '\0');
}

TarEntries entries_of(std::string tar) { return {MemorySource(std::move(tar)).open(), "layer 1"}; }

}  // namespace

TEST_CASE("entries are read with their names, however long, and their contents") {
  const std::string longest = std::string(150, 'a') + "/" + std::string(200, 'b');
  TarEntries entries = entries_of(tar_of({{"/one", "1"}, {longest, "22"}, {"/three", ""}}));
  CHECK(entries.next()->name == "/one");
  CHECK(entries.content() == oci::Digest::of("1"));
  const auto second = entries.next();
  CHECK(second->name == longest);
  CHECK(second->size == 2);
  CHECK(entries.next()->name == "/three");
  CHECK_FALSE(entries.next().has_value());
}

TEST_CASE("what is cut or no tar is an error that names it") {
  const std::string whole = tar_of({{"/one", std::string(600, 'x')}});
  for (const std::size_t size : {100, 600, 1100}) {
    CAPTURE(size);
    TarEntries entries = entries_of(whole.substr(0, size));
    CHECK_FAILS(
        [&] {
          while (entries.next()) {
          }
        }(),
        ErrorKind::input, "layer 1: its tar is cut");
  }
  TarEntries text = entries_of(std::string(1024, 'x'));
  CHECK_FAILS(text.next(), ErrorKind::input, "layer 1: its bytes are not a tar");
}

TEST_CASE("what is behind a tar's end is no part of it, as engines have it (#23)") {
  const std::string one = tar_of({{"/one", "1"}});
  TarEntries entries = entries_of(one + tar_of({{"/hidden", "2"}}));
  CHECK(entries.next()->name == "/one");
  CHECK_FALSE(entries.next().has_value());
  CHECK_FALSE(entries.next().has_value());
  const std::string in_the_middle = one.substr(0, one.size() - go::tar_block) + one;
  TarEntries lone = entries_of(in_the_middle);
  CHECK(lone.next()->name == "/one");
  CHECK_FAILS(lone.next(), ErrorKind::input, "layer 1: its bytes are not a tar");
}

TEST_CASE("a header whose sum is wrong is refused, as engines do (#23)") {
  std::string tar = tar_of({{"/one", "1"}});
  tar[1] = 'x';
  TarEntries entries = entries_of(tar);
  CHECK_FAILS(entries.next(), ErrorKind::input, "layer 1: its bytes are not a tar");
}

TEST_CASE("a layer's store paths are those of its files below /nix/store, each once") {
  const std::string tar = tar_of({{"/nix/", ""},
                                  {"/nix/store/", ""},
                                  {"/nix/store/b-2/share/x", std::string(600, 'x')},
                                  {"./nix/store/a-1", "1"},
                                  {"nix/store/b-2/y", ""},
                                  {"/etc/nix/store/c", ""}});
  const auto paths = held_paths(MemorySource(tar).open(), "layer 1");
  REQUIRE(paths.size() == 2);
  CHECK(paths[0].path == "/nix/store/a-1");
  CHECK(paths[0].size == 1024);
  CHECK(paths[1].path == "/nix/store/b-2");
  CHECK(paths[1].size == 512 + 1024 + 512);
}

TEST_CASE("a layer that names more store paths than any image has is refused (#23)") {
  std::string tar = tar_of({{cat("nix/store/", std::string(300, 'x')), ""}});
  CHECK(held_paths(MemorySource(tar).open(), "layer 1").empty());
  tar.clear();
  for (int i = 0; i <= 50'000; ++i) {
    REQUIRE(go::append_tar_header({.type = '0', .name = cat("nix/store/", i)}, tar).has_value());
  }
  CHECK_FAILS(held_paths(MemorySource(tar).open(), "layer 1"), ErrorKind::input,
              "layer 1: more than 50000 store paths");
}

}  // namespace tar_entries_test
