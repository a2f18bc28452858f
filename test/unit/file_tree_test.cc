#include "image/file_tree.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/error.h"

namespace file_tree_test {

using namespace n2c;

namespace {

constexpr std::uint32_t plain_file = S_IFREG | 0444;

/// A tree whose sources are called what the test says.
struct Sample {
  explicit Sample(std::vector<StorePath> of = {{"/nix/store/a"}, {"/nix/store/b"}})
      : paths(std::move(of)), tree(paths) {}

  void add(std::string_view destination, std::string_view source, std::uint32_t index = 0,
           std::uint32_t st_mode = plain_file, std::uint64_t size = 0) {
    tree.add(destination,
             {.store_path = index, .st_mode = st_mode, .size = size, .file = tree.keep(source)});
  }
  /// The entries in order; implied directories in brackets.
  std::vector<std::string> entries() const {
    std::vector<std::string> paths_in_order;
    for (FileTree::Cursor entry(tree); entry.next();) {
      paths_in_order.push_back(entry.source() == nullptr ? "[" + entry.path() + "]" : entry.path());
    }
    return paths_in_order;
  }

  std::vector<StorePath> paths;
  FileTree tree;
};

using Entries = std::vector<std::string>;

StorePath with_perms(std::string path, std::optional<std::vector<Perm>> perms) {
  return {std::move(path), PathOptions{{}, std::move(perms)}};
}

}  // namespace

TEST_CASE("children are ordered by the bytes of their components, not by whole paths (E6)") {
  Sample sample;
  for (const char* path :
       {"/x/bin", "/x/b.txt", "/x/b-c/y", "/x/b/z", "/x/b-c", "/x/b", "/tmp/a"}) {
    sample.add(path, path);
  }
  CHECK(sample.entries() == Entries{"[/]", "[/tmp]", "/tmp/a", "[/x]", "/x/b", "/x/b/z", "/x/b-c",
                                    "/x/b-c/y", "/x/b.txt", "/x/bin"});
}

TEST_CASE("bytes above 0x7f come after ASCII") {
  Sample sample;
  for (const char* path : {"/é", "/\xff", "/z", "/A"}) sample.add(path, path);
  CHECK(sample.entries() == Entries{"[/]", "/A", "/z", "/é", "/\xff"});
}

TEST_CASE("a layer without files has no entries, not even the root") {
  CHECK(Sample().entries().empty());
}

TEST_CASE("relative destinations come after absolute ones, in a tree of their own (E3.4)") {
  Sample sample;
  sample.add("f", "1");
  sample.add("../g", "2");
  sample.add("./d//e/", "3");
  sample.add("/a", "4");
  CHECK(sample.entries() == Entries{"[/]", "/a", "[..]", "../g", "[d]", "d/e", "f"});
  Sample dot;
  dot.add(".", "1");
  dot.add("x", "2");
  CHECK(dot.entries() == Entries{".", "x"});
}

TEST_CASE("the root itself can be a real entry") {
  Sample sample;
  sample.add("/a", "1");
  sample.add("/", "2", 0, S_IFDIR | 0555);
  CHECK(sample.entries() == Entries{"/", "/a"});
}

TEST_CASE("an implied directory becomes real, and a file can have children (E4.2)") {
  Sample sample;
  sample.add("/f1/f", "below");
  sample.add("/f1", "above");
  CHECK(sample.entries() == Entries{"[/]", "/f1", "/f1/f"});
}

TEST_CASE("of two alike files at one place the later one is taken (E5.5)") {
  Sample sample;
  sample.add("/f", "first", 0, plain_file, 5);
  sample.add("/f", "second", 1, plain_file, 5);
  FileTree::Cursor entry(sample.tree);
  REQUIRE(entry.next());
  REQUIRE(entry.next());
  CHECK(entry.path() == "/f");
  CHECK(sample.tree.source_path(*entry.source()) == "second");
}

TEST_CASE("two files that differ in mode or size clash, and both are named (E5)") {
  Sample sample;
  sample.add("/f", "/nix/store/a/f", 0, S_IFREG | 0555, 2);
  CHECK_THROWS_WITH_AS(sample.add("/f", "/nix/store/b/f", 1, S_IFREG | 0444, 2),
                       "/f comes twice, with the mode -r-xr-xr-x from /nix/store/a/f and "
                       "-r--r--r-- from /nix/store/b/f",
                       Error);
  CHECK_THROWS_WITH_AS(sample.add("/f", "/nix/store/b/f", 1, S_IFREG | 0555, 1),
                       "/f comes twice, with the size 2 from /nix/store/a/f and 1 from "
                       "/nix/store/b/f",
                       Error);
  CHECK_THROWS_WITH(sample.add("/f", "/nix/store/b/f", 1, S_IFDIR | 0555),
                    doctest::Contains("and dr-xr-xr-x from"));
}

TEST_CASE("two files alike but for their perms clash, and the message shows both (E5.3)") {
  const Perm perm{".*", "0755", 1, 0, "", ""};
  Sample sample({with_perms("/nix/store/a", {}), with_perms("/nix/store/b", {{perm}})});
  sample.add("/bin", "/nix/store/a/bin", 0, S_IFDIR | 0555);
  CHECK_THROWS_WITH_AS(
      sample.add("/bin", "/nix/store/b/bin", 1, S_IFDIR | 0555),
      "/bin comes twice, with the perms none from /nix/store/a/bin and "
      "[{regex \".*\" mode \"0755\" uid 1 gid 0 uname \"\" gname \"\"}] from /nix/store/b/bin",
      Error);
}

TEST_CASE("perms are compared in order, an empty list is not an absent one, rewrites may differ") {
  const Perm one{"a", "", 1, 0, "", ""};
  const Perm two{"b", "", 2, 0, "", ""};
  const auto clash = [](std::optional<PathOptions> earlier, std::optional<PathOptions> later) {
    Sample sample({{"/nix/store/a", std::move(earlier)}, {"/nix/store/b", std::move(later)}});
    sample.add("/f", "1", 0);
    try {
      sample.add("/f", "2", 1);
      return false;
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::input);
      return true;
    }
  };
  const auto perms = [](std::optional<std::vector<Perm>> list) { return PathOptions{{}, list}; };
  CHECK(clash(perms({{one, two}}), perms({{two, one}})));
  CHECK_FALSE(clash(perms({{one, two}}), perms({{one, two}})));
  CHECK(clash(perms(std::vector<Perm>{}), perms({})));
  CHECK_FALSE(clash(PathOptions{{"a", "b"}, {{one}}}, PathOptions{{"c", "d"}, {{one}}}));
  // Only an earlier entry with options is asked (docs/format.md E5.3); no options count as no perms
  // (E5.4).
  CHECK_FALSE(clash({}, perms({{one}})));
  CHECK_FALSE(clash(perms({}), {}));
  CHECK_FALSE(clash(perms(std::vector<Perm>{}), {}));
  CHECK(clash(perms({{one}}), {}));
}

}  // namespace file_tree_test
