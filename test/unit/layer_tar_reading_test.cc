// Our tar as libarchive reads it: what was put in comes out, whatever the headers it took.

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <locale.h>
#include <sys/stat.h>
#include <clocale>

#include <map>
#include <memory>

#include "image/store_layer.h"
#include "test/support/temp_store.h"

namespace layer_tar_reading_test {

using namespace n2c;
using test::TempStore;

namespace {

struct Entry {
  unsigned type = 0;
  unsigned mode = 0;
  std::int64_t uid = 0, gid = 0;
  std::string uname, gname, link, data;
  bool operator==(const Entry&) const = default;
};

std::string text(const char* from) { return from == nullptr ? "" : from; }

std::string data_of(archive& from) {
  std::string data;
  char block[1000];
  while (const la_ssize_t count = archive_read_data(&from, block, sizeof block)) {
    REQUIRE(count > 0);
    data.append(block, static_cast<std::size_t>(count));
  }
  return data;
}

/// libarchive gives PAX texts in the locale's character set.
class Utf8Locale {
 public:
  Utf8Locale() : before_(::uselocale(utf8_)) { REQUIRE(utf8_ != nullptr); }
  ~Utf8Locale() {
    ::uselocale(before_);
    ::freelocale(utf8_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t utf8_ = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  locale_t before_;
};

std::map<std::string, Entry> read_back(const std::string& tar) {
  const Utf8Locale locale;
  const std::unique_ptr<archive, int (*)(archive*)> from(archive_read_new(), archive_read_free);
  archive_read_support_format_tar(from.get());
  REQUIRE(archive_read_open_memory(from.get(), tar.data(), tar.size()) == ARCHIVE_OK);
  std::map<std::string, Entry> entries;
  archive_entry* read = nullptr;
  while (archive_read_next_header(from.get(), &read) == ARCHIVE_OK) {
    CHECK(archive_entry_mtime(read) == 1);
    Entry entry{.type = archive_entry_filetype(read),
                .mode = archive_entry_perm(read),
                .uid = archive_entry_uid(read),
                .gid = archive_entry_gid(read),
                .uname = text(archive_entry_uname(read)),
                .gname = text(archive_entry_gname(read)),
                .link = text(archive_entry_symlink(read)),
                .data = data_of(*from)};
    CHECK(entries.emplace(text(archive_entry_pathname(read)), entry).second);
  }
  CHECK(archive_errno(from.get()) == 0);
  return entries;
}

Entry file(std::string data, unsigned mode = 0444) {
  return {.type = S_IFREG, .mode = mode, .uname = "root", .gname = "root", .data = std::move(data)};
}
Entry folder(unsigned mode = 0755) {
  return {.type = S_IFDIR, .mode = mode, .uname = "root", .gname = "root"};
}
Entry symlink(std::string target) {
  return {
      .type = S_IFLNK, .mode = 0777, .uname = "root", .gname = "root", .link = std::move(target)};
}

}  // namespace

TEST_CASE("libarchive reads back every path, link, owner, mode and byte of a layer") {
  const TempStore store;
  const std::string a = "/nix/store/a/";
  const std::string long_part(90, 'p');
  std::map<std::string, Entry> expected = {
      {"/", folder()}, {"/nix", folder()}, {"/nix/store", folder()}, {"/nix/store/a", folder()}};
  const auto put_file = [&](const std::string& path, const std::string& data, unsigned mode) {
    store.file(a + path, data, mode);
    expected[a + path] = file(data, mode);
  };
  const auto put_link = [&](const std::string& path, const std::string& target) {
    store.symlink(a + path, target);
    expected[a + path] = symlink(target);
  };
  put_file("plain", "hello\n", 0444);
  put_file("empty", "", 0444);
  put_file("block", std::string(512, 'b'), 0555);
  put_file("setuid", "s", store.set_user_id() | 0755);
  put_file("é.txt", "latin", 0444);
  put_file("new\nline", "odd", 0444);
  put_file(long_part + long_part, "pax", 0444);
  put_file(long_part + "/" + long_part + "/" + long_part, "split or not", 0444);
  expected[a + long_part] = folder();
  expected[a + long_part + "/" + long_part] = folder();
  put_link("short", "plain");
  put_link("long", std::string(300, 't'));
  put_link("ümlaut", "zïel");
  const std::string tar =
      test::read_in_steps(StoreLayerSource({{"/nix/store/a"}}, store.view()), 0, 1000);
  CHECK(read_back(tar) == expected);
}

TEST_CASE("libarchive reads back owners and modes that perms give, small and large") {
  const TempStore store;
  store.file("/nix/store/a", "x");
  const auto entry_with = [&](const Perm& perm) {
    const StorePath path{"/nix/store/a", PathOptions{{"^/nix/store/a", "/f"}, {{perm}}}};
    const StoreLayerSource source({path}, store.view());
    return read_back(test::read_in_steps(source, 0, 1 << 20)).at("/f");
  };
  const Entry small = entry_with({"", "0640", 1000, 100, "bob", "users"});
  CHECK(small.mode == 0640);
  CHECK(small.uid == 1000);
  CHECK(small.gid == 100);
  CHECK(small.uname == "bob");
  CHECK(small.gname == "users");
  const Entry large = entry_with({"", "", 3'000'000, 4'000'000'000, "bób", std::string(40, 'g')});
  CHECK(large.uid == 3'000'000);
  CHECK(large.gid == 4'000'000'000);
  CHECK(large.uname == "bób");
  CHECK(large.gname == std::string(40, 'g'));
}

}  // namespace layer_tar_reading_test
