#include "go/filepath.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <utility>

#include "go/fmt.h"

namespace filepath_test {

using namespace n2c;

TEST_CASE("paths are cleaned and joined as Go does") {
  struct Row {
    std::string_view path, clean, joined_with_x;
  };
  // Made by Go 1.26: filepath.Clean(path), filepath.Join(path, "x").
  const Row rows[] = {
      {"", ".", "x"},
      {"/", "/", "/x"},
      {"//", "/", "/x"},
      {"/..", "/", "/x"},
      {"/../a", "/a", "/a/x"},
      {"a/..", ".", "x"},
      {"a/../..", "..", "../x"},
      {"../a/..", "..", "../x"},
      {".", ".", "x"},
      {"./a", "a", "a/x"},
      {"..", "..", "../x"},
      {"a/./b//c/", "a/b/c", "a/b/c/x"},
      {"//a", "/a", "/a/x"},
      {"/a/../../b", "/b", "/b/x"},
      {"a/b", "a/b", "a/b/x"},
      {"a/../../b", "../b", "../b/x"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(go::clean(row.path) == row.clean);
    CHECK(go::join({row.path, "x"}) == row.joined_with_x);
    CHECK(go::join_clean(go::clean(row.path), "x") == row.joined_with_x);
  }
  CHECK(go::join({"", ""}).empty());
}

TEST_CASE("a clean path is cut into components, the root's being empty") {
  using Parts = std::vector<std::string_view>;
  CHECK(go::components("/") == Parts{""});
  CHECK(go::components("/nix") == Parts{"", "nix"});
  CHECK(go::components("/nix/store") == Parts{"", "nix", "store"});
  CHECK(go::components("rel/f") == Parts{"rel", "f"});
  CHECK(go::components("../f") == Parts{"..", "f"});
}

TEST_CASE(
    "mode texts are read as scanf reads them, and those that mean something else are reported") {
  struct Row {
    std::string_view text;
    std::int64_t value;
    bool whole;
  };
  // Made by Go 1.26: fmt.Sscanf(text, "%o", &value).
  const Row rows[] = {
      {"0755", 0755, true},
      {"755", 0755, true},
      {"4755", 04755, true},
      {"0000755", 0755, true},
      {" 755", 0755, false},
      {"\t755", 0755, false},
      {"\r755", 0755, false},
      {"+755", 0755, false},
      {"-755", -0755, false},
      {"0o755", 0, false},
      {"0x1ff", 0, false},
      {"0b11", 0, false},
      {"755abc", 0755, false},
      {"75_5", 075, false},
      {"7 5 5", 7, false},
      {"\u00a0755", 0755, false},
      {"\u0085 755", 0755, false},
      {"10000000", 02000000 * 4, false},
      {"777777777777777777777", INT64_MAX, false},
      {"-1000000000000000000000", INT64_MIN, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto scanned = go::scan_octal(row.text);
    REQUIRE(scanned);
    CHECK(scanned->value == row.value);
    CHECK(scanned->whole == row.whole);
  }
}

TEST_CASE("mode texts that are no number fail with Go's words") {
  for (const std::string_view text : {"9", "rwx", "u+x", "- 755",
                                      "\xff"
                                      "755"}) {
    CHECK(go::scan_octal(text).error() == "not an octal number");
  }
  for (const std::string_view text : {"\n755", "\t\n755", "\r\n755"}) {
    CHECK(go::scan_octal(text).error() == "unexpected newline");
  }
  for (const std::string_view text : {"", " ", "+", "-"}) {
    CHECK(go::scan_octal(text).error() == "EOF");
  }
  CHECK(go::scan_octal("7777777777777777777777").error() ==
        "\"7777777777777777777777\" is too large");
}

TEST_CASE("texts are quoted as Go's %q does") {
  CHECK(go::quote("a\"b\\") == R"("a\"b\\")");
  CHECK(go::quote("\a\b\f\n\r\t\v") == R"("\a\b\f\n\r\t\v")");
  CHECK(go::quote(std::string_view("\0\x1f\x7f", 3)) == R"("\x00\x1f\x7f")");
  CHECK(go::quote("é\xff\U0001f600") == "\"é\\xff\U0001f600\"");
}

TEST_CASE("file modes are shown as Go shows them") {
  CHECK(go::mode_text(0100555) == "-r-xr-xr-x");
  CHECK(go::mode_text(0040755) == "drwxr-xr-x");
  CHECK(go::mode_text(0120777) == "Lrwxrwxrwx");
  CHECK(go::mode_text(0104755) == "urwxr-xr-x");
  CHECK(go::mode_text(0106755) == "ugrwxr-xr-x");
  CHECK(go::mode_text(0041777) == "dtrwxrwxrwx");
  CHECK(go::mode_text(0020600) == "Dcrw-------");
  CHECK(go::mode_text(0060660) == "Drw-rw----");
  CHECK(go::mode_text(0010644) == "prw-r--r--");
  CHECK(go::mode_text(0140755) == "Srwxr-xr-x");
}

TEST_CASE("errors of the system have Go's words, whatever the C library calls them") {
  const std::pair<int, std::string_view> rows[] = {
      {EACCES, "permission denied"},
      {EBUSY, "device or resource busy"},
      {EIO, "input/output error"},
      {EISDIR, "is a directory"},
      {ELOOP, "too many levels of symbolic links"},
      {EMFILE, "too many open files"},
      {ENAMETOOLONG, "file name too long"},
      {ENOENT, "no such file or directory"},
      {ENOMEM, "cannot allocate memory"},
      {ENOTDIR, "not a directory"},
      {EOVERFLOW, "value too large for defined data type"},
      {EXDEV, "invalid cross-device link"},
  };
  for (const auto& [number, words] : rows) CHECK(go::errno_text(number) == words);
}

}  // namespace filepath_test
