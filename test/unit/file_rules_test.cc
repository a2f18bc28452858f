#include "image/file_rules.h"

#include <doctest/doctest.h>

namespace file_rules_test {

using namespace n2c;

namespace {

StorePath with(std::string path, Rewrite rewrite, std::optional<std::vector<Perm>> perms = {}) {
  return {std::move(path), PathOptions{std::move(rewrite), std::move(perms)}};
}

go::TarHeader applied(std::vector<Perm> perms, std::string_view source) {
  go::TarHeader header{.uname = "root", .gname = "root", .mode = 0444};
  FileRules(with("/nix/store/a", {}, std::move(perms))).apply_perms(source, header);
  return header;
}

}  // namespace

TEST_CASE("a path without options or with an empty regex leaves its files where they are") {
  CHECK(FileRules({"/nix/store/a"}).destination("/nix/store/a/f") == "/nix/store/a/f");
  CHECK(FileRules(with("/nix/store/a", {"", "x"})).destination("/nix/store/a/f") ==
        "/nix/store/a/f");
}

TEST_CASE("a rewrite moves files, and an empty result leaves them out") {
  const FileRules rules(with("/nix/store/a", {"^/nix/store/a", ""}));
  CHECK(rules.destination("/nix/store/a/bin/sh") == "/bin/sh");
  CHECK(rules.destination("/nix/store/a").empty());
}

TEST_CASE("Nix's case hack is cut from every name before a rewrite sees it (E3.1)") {
  struct Row {
    const char *source, *with_hack, *without;
  };
  for (const Row& row : {
           Row{"/nix/store/a/Foo", "/nix/store/a/Foo", "/nix/store/a/Foo"},
           Row{"/nix/store/a/foo~nix~case~hack~1", "/nix/store/a/foo",
               "/nix/store/a/foo~nix~case~hack~1"},
           Row{"/nix/store/a/foo~nix~case~hack~1/BAR~nix~case~hack~12/x", "/nix/store/a/foo/BAR/x",
               "/nix/store/a/foo~nix~case~hack~1/BAR~nix~case~hack~12/x"},
           Row{"/nix/store/a/foo~nix~case~hack~1~nix~case~hack~2", "/nix/store/a/foo",
               "/nix/store/a/foo~nix~case~hack~1~nix~case~hack~2"},
           Row{"/nix/store/a/~nix~case~hack~1/x", "/nix/store/a/x",
               "/nix/store/a/~nix~case~hack~1/x"},
           Row{"/nix/store/a/", "/nix/store/a", "/nix/store/a/"},
           Row{"a/foo~nix~case~hack~1", "a/foo", "a/foo~nix~case~hack~1"},
           Row{"~nix~case~hack~1", "", "~nix~case~hack~1"},
           Row{"/~nix~case~hack~1", "/", "/~nix~case~hack~1"},
       }) {
    CAPTURE(row.source);
    CHECK(FileRules({"/nix/store/a"}, true).destination(row.source) == row.with_hack);
    CHECK(FileRules({"/nix/store/a"}).destination(row.source) == row.without);
  }
  const FileRules rules(with("/nix/store/a", {"foo$", "bar"}), true);
  CHECK(rules.destination("/nix/store/a/foo~nix~case~hack~1") == "/nix/store/a/bar");
}

TEST_CASE("every matching perm resets uid and gid, but only a given mode or name (B8.3)") {
  const auto header = applied({{".*", "", 1001, 7, "bob", "staff"}, {"x$", "0600", 0, 0, "", ""}},
                              "/nix/store/a/x");
  CHECK(header.uid == 0);
  CHECK(header.gid == 0);
  CHECK(header.uname == "bob");
  CHECK(header.gname == "staff");
  CHECK(header.mode == 0600);
  const auto other = applied({{".*", "", 1001, 7, "bob", "staff"}, {"x$", "0600", 0, 0, "", ""}},
                             "/nix/store/a/y");
  CHECK(other.uid == 1001);
  CHECK(other.mode == 0444);
}

TEST_CASE("a mode that is no number fails only when a file gets it, with Go's words") {
  CHECK(applied({{"y$", "rwx", 0, 0, "", ""}}, "/nix/store/a/x").mode == 0444);
  CHECK_THROWS_WITH_AS(applied({{"x$", "rwx", 0, 0, "", ""}}, "/nix/store/a/x"),
                       "mode \"rwx\" in the perms of /nix/store/a: not an octal number", Error);
}

TEST_CASE("a bad regular expression is an error that names it, its path and what is wrong") {
  CHECK_THROWS_WITH_AS(FileRules(with("/nix/store/a", {"(", "x"})),
                       "rewrite regular expression \"(\" of /nix/store/a: missing ): (", Error);
  CHECK_THROWS_WITH_AS(FileRules(with("/nix/store/a", {}, {{{"a**", "", 0, 0, "", ""}}})),
                       doctest::Contains("perms regular expression \"a**\" of /nix/store/a: "),
                       Error);
}

TEST_CASE("orMode sets bits behind every mode, and is refused where it is no mode (#18)") {
  const auto mode = [](std::vector<Perm> perms) {
    return applied(std::move(perms), "/nix/store/a/f").mode;
  };
  CHECK(mode({{.regex = ".*", .or_mode = "0222"}}) == 0666);
  CHECK(mode({{.regex = ".*", .mode = "0500", .or_mode = "4011"}}) == 04511);
  CHECK(mode({{.regex = "f.$", .or_mode = "0222"}}) == 0444);
  CHECK(mode({{.regex = ".*", .or_mode = "0222"}, {.regex = ".*", .mode = "0400"}}) == 0400);
  for (const char* const bad : {"0o222", "8", "-1", " 222", "10000", "rwx"}) {
    CHECK_THROWS_WITH_AS(FileRules(with("/nix/store/a", {}, {{{.regex = "f", .or_mode = bad}}})),
                         doctest::Contains("in the perms of /nix/store/a is not one to four"),
                         Error);
  }
}

TEST_CASE("capabilities are an attribute of regular files, and owners are reset as ever (#18)") {
  const FileRules rules(with("/nix/store/a", {}, {{{.regex = "f$", .capabilities = "all=ep"}}}));
  go::TarHeader file{.type = '0', .mode = 0555, .uid = 7};
  rules.apply_perms("/nix/store/a/f", file);
  CHECK(file.xattrs.size() == 1);
  CHECK(file.xattrs.at("security.capability").size() == 20);
  CHECK(file.mode == 0555);
  CHECK(file.uid == 0);
  for (const char type : {'2', '5'}) {
    go::TarHeader other{.type = type};
    rules.apply_perms("/nix/store/a/f", other);
    CHECK(other.xattrs.empty());
  }
  CHECK_THROWS_WITH_AS(
      FileRules(with("/nix/store/a", {}, {{{.regex = "f", .capabilities = "root"}}})),
      "capabilities \"root\" in the perms of /nix/store/a: \"root\" does not say of which sets; "
      "write root=ep",
      Error);
}

TEST_CASE("options this n2c does not know stop the layer from being made again") {
  StorePath path = with("/nix/store/a", {});
  path.unknown_keys = {"options.recursive", "options.tar"};
  CHECK_THROWS_WITH_AS(FileRules{path},
                       "path /nix/store/a has options this n2c does not know: options.recursive, "
                       "options.tar",
                       Error);
}

TEST_CASE("a store path whose unquoted text does not match itself is warned about (D4.4)") {
  const std::string gtk = "/nix/store/abc-gtk+-3.0";
  const auto warnings = find_warnings({with(gtk, {"^" + gtk, ""})});
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].contains(gtk));
  CHECK(warnings[0].contains("stay where they are"));
  CHECK(find_warnings({with("/nix/store/abc-a.b", {"^/nix/store/abc-a.b", ""})}).empty());
  CHECK(find_warnings({with(gtk, {"^/nix/store/abc-gtk\\+-3.0", ""})}).empty());
  CHECK(find_warnings({with(gtk, {"^" + gtk + "/bin", "/bin"})}).size() == 1);
  CHECK(find_warnings({{gtk}}).empty());
}

TEST_CASE("a mode that is read as another number than it looks is warned about (B8.4)") {
  const auto warned = [](std::string mode) {
    return find_warnings({with("/nix/store/a", {}, {{{".*", std::move(mode), 0, 0, "", ""}}})});
  };
  REQUIRE(warned("0o755").size() == 1);
  CHECK(warned("0o755")[0] ==
        "the mode \"0o755\" in the perms of /nix/store/a is read as 0; write it as octal digits "
        "only");
  CHECK(warned("755abc")[0].contains("is read as 0755;"));
  CHECK(warned("-755")[0].contains("is read as -0755;"));
  CHECK(warned("0755").empty());
  CHECK(warned("").empty());
  CHECK(warned("rwx").empty());  // an error, not a warning
}

TEST_CASE("a plain mode is one to seven octal digits, or none (B8.4)") {
  for (const char* mode : {"", "0", "755", "0755", "1777", "7777777"}) {
    CHECK_MESSAGE(has_plain_mode({.mode = mode}), mode);
  }
  for (const char* mode :
       {"0o755", "+755", "-755", " 755", "755 ", "75_5", "rwx", "u+x", "8", "10000000", "\n755"}) {
    CHECK_MESSAGE(!has_plain_mode({.mode = mode}), mode);
  }
}

}  // namespace file_rules_test
