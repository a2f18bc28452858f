#include "layout/archive_reader.h"

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "codec/codec.h"
#include "layout/archive_writer.h"
#include "layout/docker_archive.h"
#include "oci/config.h"
#include "test/support/check_fails.h"

namespace archive_reader_test {

using namespace n2c;

namespace {

std::string tar_of(const std::vector<std::pair<std::string, std::string>>& texts) {
  std::vector<ArchiveFile> files;
  for (const auto& [path, text] : texts) {
    files.push_back({path, text.size(), std::make_shared<MemorySource>(text)});
  }
  return read_all(*ArchiveSource(std::move(files)).open(), 16 << 20);
}

std::string packed(const std::string& bytes, const char* how) {
  CompressionPool pool(1);
  return read_all(*compress(MemorySource(bytes).open(), *Compression::parse(how), pool), 16 << 20);
}

std::string read_of(const ReadOnlyFiles& files, const std::string& name) {
  return files.read(name, 1 << 20);
}

/// A docker-archive whose manifest.json lists these files as layers.
std::string docker_archive_of(const std::vector<std::string>& layers,
                              std::vector<std::pair<std::string, std::string>> files) {
  oci::Config config{.platform = {.architecture = "amd64"}};
  std::string listed;
  for (const std::string& layer : layers) {
    listed += (listed.empty() ? "\"" : ",\"") + layer + "\"";
    for (const auto& [path, text] : files) {
      if (path == layer) config.diff_ids.push_back(oci::Digest::of(text));
    }
  }
  files.emplace_back("c.json", config.to_json());
  files.emplace_back("manifest.json",
                     R"([{"Config":"c.json","RepoTags":["app:1"],"Layers":[)" + listed + "]}]");
  return tar_of(files);
}

/// Counts how often each of its files is opened.
class CountedFiles final : public ReadOnlyFiles {
 public:
  explicit CountedFiles(std::shared_ptr<const ReadOnlyFiles> from) : from_(std::move(from)) {}
  std::string str() const override { return from_->str(); }
  bool has(std::string_view name) const override { return from_->has(name); }
  std::uint64_t size(std::string_view name) const override { return from_->size(name); }
  std::unique_ptr<Reader> open(std::string_view name) const override {
    ++opened;
    return from_->open(name);
  }
  mutable std::atomic<int> opened = 0;

 private:
  std::shared_ptr<const ReadOnlyFiles> from_;
};

}  // namespace

TEST_CASE("files of an archive are read in any order, also behind long names and links") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.tar";
  const std::string long_name = std::string(90, 'd') + "/" + std::string(190, 'n') + "/layer.tar";
  write_file(file,
             tar_of({{"a", "first"}, {long_name, "second"}, {"c", std::string(70'000, 'c')}}));
  const ArchiveReader files(file);
  CHECK(read_of(files, "c") == std::string(70'000, 'c'));
  CHECK(read_of(files, long_name) == "second");
  CHECK(read_of(files, "./a") == "first");
  CHECK(files.passes() == 0);
  CHECK_FAILS(files.open("b"), ErrorKind::input, "no b in it");
}

TEST_CASE("a compressed archive is read from its start a few times, then unpacked once (#23)") {
  for (const char* how : {"gzip", "zstd"}) {
    CAPTURE(how);
    const TemporaryFolder folder;
    const auto file = folder.path() / "a.tar";
    std::vector<std::pair<std::string, std::string>> texts;
    for (int i = 0; i < 300; ++i)
      texts.emplace_back(std::to_string(i), "text " + std::to_string(i));
    write_file(file, packed(tar_of(texts), how));
    const ArchiveReader files(file);
    CHECK(files.passes() == 1);
    for (int i = 299; i >= 0; --i) {  // the worst order
      CHECK(read_of(files, std::to_string(i)) == "text " + std::to_string(i));
    }
    CHECK(files.passes() == ArchiveReader::most_passes + 1);
  }
}

TEST_CASE("a file of an unpacked archive can be read when the archive is no longer needed (#23)") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.tar";
  write_file(file, packed(tar_of({{"a", "first"}}), "gzip"));
  std::unique_ptr<Reader> last;
  {
    const ArchiveReader files(file);
    for (int i = 0; i < 20; ++i) last = files.open("a");
  }
  CHECK(read_all(*last, 100) == "first");
}

TEST_CASE("a layer that a docker-archive lists a thousand times is opened once to know it (#23)") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.tar";
  const std::string layer = tar_of({{"x", "y"}});
  const std::vector<std::string> listed(1000, "l.tar");
  write_file(file, packed(docker_archive_of(listed, {{"l.tar", layer}}), "gzip"));
  const auto archive = std::make_shared<const ArchiveReader>(file);
  const auto files = std::make_shared<const CountedFiles>(archive);
  const Image image = open_docker_archive(files, std::nullopt);
  CHECK(image.layers.size() == 1000);
  CHECK(files->opened == 3);  // manifest.json, the config, the layer's first block
  CHECK(read_all(*image.layers.back().blob.bytes->open(), 1 << 20) == layer);
  CHECK(archive->passes() == 5);
}

TEST_CASE("a docker-archive of more layers than any image has is refused (#23)") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.tar";
  const std::vector<std::string> listed(10'001, "l.tar");
  write_file(file, docker_archive_of(listed, {{"l.tar", tar_of({{"x", "y"}})}}));
  CHECK_FAILS(open_docker_archive(std::make_shared<const ArchiveReader>(file), std::nullopt),
              ErrorKind::input, "10001 layers; no image has more than 10000");
}

}  // namespace archive_reader_test
