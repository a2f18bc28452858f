#include "registry/server/guard/file_watch.h"

#include <doctest/doctest.h>

#include <fstream>

#include "base/file.h"

namespace file_watch_test {

using namespace n2c;
using registry::FileWatch;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, std::string_view text) { std::ofstream(file) << text; }

}  // namespace

TEST_CASE("a replaced file is a change, once, when it stays as it is") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "htpasswd";
  write(file, "one");
  FileWatch watch({file});
  CHECK_FALSE(watch.changed());
  write(folder.path() / "new", "two");
  fs::rename(folder.path() / "new", file);
  CHECK_FALSE(watch.changed());  // it may be half written
  CHECK(watch.changed());
  CHECK_FALSE(watch.changed());
}

TEST_CASE("a certificate and a key that are replaced one after the other are one change") {
  const TemporaryFolder folder;
  const fs::path certificate = folder.path() / "cert", key = folder.path() / "key";
  write(certificate, "c1");
  write(key, "k1");
  FileWatch watch({certificate, key});
  write(certificate, "c2, longer");
  CHECK_FALSE(watch.changed());
  write(key, "k2, longer");
  CHECK_FALSE(watch.changed());
  CHECK(watch.changed());
  CHECK_FALSE(watch.changed());
}

TEST_CASE("a file that is gone and comes back is looked at again") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "htpasswd";
  write(file, "one");
  FileWatch watch({file});
  fs::remove(file);
  watch.changed();
  CHECK(watch.changed());
  write(file, "one");
  watch.changed();
  CHECK(watch.changed());
}

TEST_CASE("what was read at a signal is no change") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "htpasswd";
  write(file, "one");
  FileWatch watch({file});
  write(file, "another");
  watch.read_now();
  watch.changed();
  CHECK_FALSE(watch.changed());
}

}  // namespace file_watch_test
