// What is in a folder, and how it goes with all of it.
#include "base/folder_entries.h"

#include <doctest/doctest.h>

#include "base/file.h"
#include "test/support/check_fails.h"

namespace folder_entries_test {

using namespace n2c;
namespace fs = std::filesystem;

TEST_CASE("a folder is removed with all of it, and what its links lead to stays") {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "kept/file");
  fs::create_directories(folder.path() / "gone/a/b/c");
  fs::create_directories(folder.path() / "gone/.hidden");
  fs::create_directory_symlink(folder.path() / "kept", folder.path() / "gone/a/link");
  fs::create_symlink("nowhere", folder.path() / "gone/a/b/broken");
  remove_with_all((folder.path() / "gone").c_str());
  CHECK_FALSE(fs::exists(folder.path() / "gone"));
  CHECK(fs::exists(folder.path() / "kept/file"));
}

TEST_CASE("a link that leads to a folder is removed, and the folder stays") {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "kept/file");
  fs::create_directory_symlink(folder.path() / "kept", folder.path() / "link");
  remove_with_all((folder.path() / "link").c_str());
  CHECK_FALSE(fs::is_symlink(folder.path() / "link"));
  CHECK(fs::exists(folder.path() / "kept/file"));
}

TEST_CASE("a folder that is not there, and one that is none, cannot be read") {
  const TemporaryFolder folder;
  fs::create_symlink("/dev/null", folder.path() / "file");
  CHECK_FAILS(folder_entries(folder.path() / "none"), ErrorKind::local, "No such file");
  CHECK_FAILS(folder_entries(folder.path() / "file"), ErrorKind::local, "Not a directory");
  CHECK(folder_entries(folder.path()).size() == 1);
}

}  // namespace folder_entries_test
