#include "cache/digest_cache.h"

#include <doctest/doctest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "base/file.h"
#include "base/tasks.h"
#include "base/text.h"

namespace digest_cache_test {

using namespace n2c;

namespace {

oci::Digest digest_of(std::string_view text) { return oci::Digest::of(text); }

std::string bytes_in(const std::filesystem::path& file) { return read_file(file, 1 << 30); }

void append(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::app | std::ios::binary) << text;
}

constexpr std::string_view recipe = "gzip-isal-2.30.0-1-256k-x86_64";

bool save_one(const std::filesystem::path& file, std::string_view layer) {
  DigestCache cache(file);
  cache.add_form(digest_of(layer), recipe, {digest_of(cat("packed ", layer)), layer.size()});
  return cache.save();
}

bool knows(const std::filesystem::path& file, std::string_view layer) {
  const auto form = DigestCache(file).find_form(digest_of(layer), recipe);
  return form && form->digest == digest_of(cat("packed ", layer)) && form->size == layer.size();
}

}  // namespace

TEST_CASE("what one push learnt, the next one knows") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "new" / "n2c" / "pushes";
  CHECK(save_one(file, "a layer"));
  CHECK(knows(file, "a layer"));
  CHECK_FALSE(knows(file, "another layer"));
  CHECK_FALSE(DigestCache(file).find_form(digest_of("a layer"), "zstd"));
}

TEST_CASE("repositories come back by host, the latest first, with their last tag") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pushes";
  {
    DigestCache cache(file);
    cache.add_push({"ghcr.io", "acme/app"}, "1");
    cache.add_push({"ghcr.io", "acme/base"}, "");
    cache.add_push({"quay.io", "x/y"}, "2");
    cache.save();
  }
  DigestCache cache(file);
  cache.add_push({"ghcr.io", "acme/app"}, "2");
  cache.save();
  const DigestCache now(file);
  CHECK(now.find_repositories("ghcr.io") ==
        std::vector<oci::Repository>{{"ghcr.io", "acme/app"}, {"ghcr.io", "acme/base"}});
  CHECK(now.find_last_tag({"ghcr.io", "acme/app"}) == "2");
  CHECK_FALSE(now.find_last_tag({"ghcr.io", "acme/base"}));
  CHECK(now.find_repositories("docker.io").empty());
  CHECK(now.all_repositories().size() == 3);
}

TEST_CASE("what is known already is not written again") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pushes";
  for (int i = 0; i < 3; ++i) {
    DigestCache cache(file);
    cache.add_push({"ghcr.io", "acme/app"}, "1");
    cache.save();
    save_one(file, "a");
  }
  const std::string text = bytes_in(file);
  CHECK(std::ranges::count(text, '\n') == 3);
}

TEST_CASE("the forms of a recipe can be forgotten, those of others stay") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pushes";
  save_one(file, "a layer");
  {
    DigestCache cache(file);
    cache.add_form(digest_of("a layer"), "zstd", {digest_of("otherwise packed"), 1});
    cache.forget_forms(recipe);
    CHECK_FALSE(cache.find_form(digest_of("a layer"), recipe));
    CHECK(cache.save());
  }
  CHECK_FALSE(knows(file, "a layer"));
  CHECK(DigestCache(file).find_form(digest_of("a layer"), "zstd"));
  save_one(file, "a layer");
  CHECK(knows(file, "a layer"));
}

TEST_CASE("many writers at once lose nothing") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pushes";
  run_side_by_side(200, 8, {}, [&](std::size_t i, std::stop_token) {
    if (!save_one(file, cat("layer ", i))) throw Error(ErrorKind::internal, "not saved");
  });
  CHECK(DigestCache(file).form_count() == 200);
}

TEST_CASE("a file that is not ours is ignored, and replaced by the next save") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pushes";
  for (const std::string foreign : {"", "{\"json\":1}", "n2c cache 2\nwhatever\n", "\x7f\x45LF"}) {
    write_file(file, foreign);
    CHECK(DigestCache(file).form_count() == 0);
    CHECK(save_one(file, "a"));
    CHECK(knows(file, "a"));
    if (foreign.size() > 1) CHECK(bytes_in(file).find(foreign) == std::string::npos);
  }
}

TEST_CASE("damaged lines are as if they were not there, the others stay") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pushes";
  save_one(file, "a");
  append(file, "not a line of ours\n");
  save_one(file, "b");
  std::string text = bytes_in(file);
  append(file, text.substr(text.size() / 2, 30));  // as a writer that was killed leaves it
  save_one(file, "c");
  CHECK(knows(file, "a"));
  CHECK(knows(file, "b"));
  CHECK(knows(file, "c"));
  text = bytes_in(file);
  text[text.find("form ") + 20] ^= 1;
  write_file(file, text);
  CHECK_FALSE(knows(file, "a"));
  CHECK(knows(file, "b"));
}

TEST_CASE("a file cut at any byte gives right answers or none") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pushes";
  save_one(file, "a");
  save_one(file, "b");
  const std::string whole = bytes_in(file);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_file(file, whole.substr(0, size));
    const DigestCache cache(file);
    const auto form = cache.find_form(digest_of("a"), recipe);
    CHECK((!form || form->digest == digest_of("packed a")));
    CHECK(cache.form_count() <= 2);
  }
}

TEST_CASE("the file stays bounded, and the newest is kept") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pushes";
  for (int round = 0; round < 3; ++round) {
    DigestCache cache(file);
    for (int i = 0; i < 20'000; ++i) {
      cache.add_form(digest_of(cat(round, ' ', i)), recipe, {digest_of("x"), 1});
    }
    CHECK(cache.save());
    CHECK(std::filesystem::file_size(file) <= DigestCache::max_bytes);
  }
  CHECK(DigestCache(file).find_form(digest_of("2 19999"), recipe));
  CHECK_FALSE(DigestCache(file).find_form(digest_of("0 0"), recipe));
}

TEST_CASE("no home, an unwritable place or a strange file cost nothing but the cache") {
  const TemporaryFolder folder;
  CHECK_FALSE(save_one("", "a"));
  CHECK_FALSE(save_one(folder.path(), "a"));  // a folder
  write_file(folder.path() / "file", "x");
  CHECK_FALSE(save_one(folder.path() / "file" / "pushes", "a"));
  const auto fifo = folder.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(DigestCache(fifo).form_count() == 0);
  CHECK_FALSE(save_one(fifo, "a"));
  CHECK_FALSE(save_one("/proc/n2c/pushes", "a"));
}

TEST_CASE("a cache's name that is a link is passed over, and nothing is written elsewhere (#23)") {
  const TemporaryFolder folder;
  const auto cache = folder.path() / "pushes", elsewhere = folder.path() / "elsewhere";
  std::filesystem::create_symlink(elsewhere, cache);
  CHECK_FALSE(save_one(cache, "a"));
  CHECK_FALSE(std::filesystem::exists(elsewhere));
  for (const char* text : {"of somebody else", ""}) {
    write_file(elsewhere, text);
    CHECK_FALSE(save_one(cache, "a"));
    CHECK(bytes_in(elsewhere) == text);
  }
  CHECK(std::filesystem::is_symlink(cache));
}

TEST_CASE("a lock that someone never gives back does not hold a push up") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pushes";
  save_one(file, "a");
  const FileDescriptor other = open_to_read(file);
  REQUIRE(::flock(other.get(), LOCK_EX) == 0);
  CHECK_FALSE(save_one(file, "b"));
  CHECK(knows(file, "a"));
}

TEST_CASE("the cache is where the XDG specification says") {
  const auto with = [](std::string cache, std::string home) {
    return DigestCache::usual_file(
        [&](const char* variable) { return std::string_view(variable) == "HOME" ? home : cache; });
  };
  const TemporaryFolder folder;
  const std::string home = folder.path().string();
  CHECK(with("/c", home) == "/c/n2c/pushes");
  CHECK(with("", home) == home + "/.cache/n2c/pushes");
  CHECK(with("relative", home) == home + "/.cache/n2c/pushes");
  CHECK(with("", "").empty());
}

TEST_CASE("a home that is not there is not made for a cache") {
  const auto with = [](std::string cache) {
    return DigestCache::usual_file([&](const char* variable) {
      return std::string_view(variable) == "HOME" ? "/homeless-shelter" : cache;
    });
  };
  CHECK(with("").empty());
  CHECK(with("/homeless-shelter/.cache").empty());
  CHECK(with("/c") == "/c/n2c/pushes");
}

}  // namespace digest_cache_test
