#include "describe/file_findings.h"

#include <doctest/doctest.h>

#include "test/support/temp_store.h"

namespace file_findings_test {

using namespace n2c;
using test::TempStore;

namespace {

StorePath at_root(const std::string& path, std::vector<Perm> perms = {}) {
  StorePath moved{
      .path = path,
      .options = PathOptions{.rewrite = {.regex = "^" + path, .repl = ""}, .perms = {}}};
  if (!perms.empty()) moved.options->perms = std::move(perms);
  return moved;
}

}  // namespace

TEST_CASE("perms that match no file, or are for no path, are found") {
  const TempStore store;
  store.file("/nix/store/a/bin/tool", "x");
  const std::vector<StorePath> paths{
      at_root("/nix/store/a", {{.regex = "/bin/", .mode = "0500"}, {.regex = "/sbin/"}})};
  CHECK(find_idle_perms(paths, {"/nix/store/a"}, {"/nix/store/a", "/nix/store/b", ""},
                        store.view()) ==
        std::vector<std::string>{
            "the perms of /nix/store/b are for no path of this layer",
            "the perms of /nix/store/a with the regex \"/sbin/\" match none of its files"});
}

TEST_CASE("capabilities for folders and links only are found (#18)") {
  const TempStore store;
  store.file("/nix/store/a/bin/tool", "x");
  const std::vector<StorePath> paths{
      at_root("/nix/store/a", {{.regex = "/bin$", .capabilities = "all=ep"},
                               {.regex = "/bin/", .capabilities = "all=ep"}})};
  CHECK(find_idle_perms(paths, {"/nix/store/a"}, {"/nix/store/a"}, store.view()) ==
        std::vector<std::string>{"the perms of /nix/store/a with the regex \"/bin$\" match none of "
                                 "its regular files; only these have capabilities"});
}

TEST_CASE("of a path that cannot be looked at nothing is said: making the layer does") {
  const TempStore store;
  const std::vector<StorePath> paths{at_root("/nix/store/gone", {{.regex = "x"}}),
                                     at_root("/nix/store/gone"), at_root("/nix/store/more")};
  CHECK(find_idle_perms(paths, {"/nix/store/gone"}, {"/nix/store/gone"}, store.view()).empty());
  CHECK(find_root_clashes(paths, store.view()).empty());
}

TEST_CASE("a file or a link at the root is reported: nothing of it is put into the image") {
  const TempStore store;
  store.file("/nix/store/a-motd", "hello");
  store.symlink("/nix/store/b-link", "/nix/store/c");
  store.file("/nix/store/c/etc/motd", "hello");
  const auto told = find_nameless_roots({at_root("/nix/store/a-motd"),
                                         at_root("/nix/store/b-link"),
                                         at_root("/nix/store/c"),
                                         at_root("/nix/store/gone"),
                                         {.path = "/nix/store/a-motd", .options = {}}},
                                        store.view());
  REQUIRE(told.size() == 2);
  CHECK(
      told[0].starts_with("/nix/store/a-motd is a file, which has no name at the root: nothing "
                          "of it is put into the image; "));
  CHECK(told[1].starts_with("/nix/store/b-link is a link, "));

  StorePath renamed = at_root("/nix/store/a-motd");
  renamed.options->rewrite.repl = "/etc/motd";
  CHECK(find_nameless_roots({renamed}, store.view()).empty());
}

TEST_CASE("two roots with one file of different content are found, and the later one is kept") {
  const TempStore store;
  store.file("/nix/store/a/etc/motd", "abc");
  store.file("/nix/store/a/etc/same", "same");
  store.file("/nix/store/b/etc/motd", "def");
  store.file("/nix/store/b/etc/same", "same");
  const auto clashes =
      find_root_clashes({at_root("/nix/store/a"), at_root("/nix/store/b")}, store.view());
  REQUIRE(clashes.size() == 1);
  CHECK(sentences_of(clashes) ==
        std::vector<std::string>{
            "two roots have /etc/motd with other content: the image gets that of "
            "/nix/store/b/etc/motd, and not that of /nix/store/a/etc/motd"});
  CHECK(find_root_clashes({at_root("/nix/store/a"), {.path = "/nix/store/b", .options = {}}},
                          store.view())
            .empty());
}

TEST_CASE("of many clashes ten are named") {
  std::vector<RootClash> clashes(25, {"/a", "/nix/store/a/a", "/nix/store/b/a"});
  const auto sentences = sentences_of(clashes);
  CHECK(sentences.size() == 11);
  CHECK(sentences.back() == "and 15 more files like it");
}

}  // namespace file_findings_test
