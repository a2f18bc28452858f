#include "describe/layer_builder.h"

#include <doctest/doctest.h>

#include "base/file.h"
#include "image/store_layer.h"
#include "test/support/check_fails.h"
#include "test/support/temp_store.h"

namespace layer_builder_test {

using namespace n2c;
using test::TempStore;
namespace fs = std::filesystem;

namespace {

std::vector<std::vector<StorePath>> one_each(const std::vector<std::string>& paths) {
  std::vector<std::vector<StorePath>> layers;
  for (const std::string& path : paths) layers.push_back({{.path = path, .options = {}}});
  return layers;
}

std::size_t file_count(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("layers are described in their order, whichever is done first") {
  const TempStore store;
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < 20; ++i) {
    paths.push_back(store.file("/nix/store/" + std::to_string(i), std::string(1000 * i, 'x')));
  }
  const auto records = build_layers(one_each(paths), {.store = store.view()}, {});
  REQUIRE(records.size() == 20);
  for (std::size_t i = 0; i < records.size(); ++i) {
    CHECK(records[i].paths->front().path == paths[i]);
    const auto facts = measure(StoreLayerSource(*records[i].paths, store.view()));
    CHECK(records[i].digest == facts.digest.str());
    CHECK(records[i].diff_id == records[i].digest);
    CHECK(records[i].size == static_cast<std::int64_t>(facts.size));
    CHECK(records[i].media_type == "application/vnd.oci.image.layer.v1.tar");
  }
}

TEST_CASE("each tar that is kept holds its own layer's paths and is named by its digest") {
  const TempStore store;
  const TemporaryFolder kept;
  const auto records =
      build_layers(one_each({store.file("/nix/store/a", "a"), store.file("/nix/store/b", "b")}),
                   {.store = store.view(), .keep_in = kept.path().string()}, {});
  CHECK(records[0].digest != records[1].digest);
  for (const LayerRecord& record : records) {
    CHECK(record.layer_path == kept.path().string() + "/" + record.digest.substr(7) + ".tar");
    CHECK(oci::Digest::of(read_file(record.layer_path, 1 << 20)).str() == record.digest);
  }
  CHECK(file_count(kept.path()) == 2);
}

TEST_CASE("a compressed layer is a file with its own digest; its diff_id is the plain tar's") {
  const TempStore store;
  const auto layers = one_each({store.file("/nix/store/a", std::string(100'000, 'a'))});
  const auto plain = build_layers(layers, {.store = store.view()}, {}).front();
  for (const std::string codec : {"gzip", "zstd"}) {
    CAPTURE(codec);
    const TemporaryFolder kept;
    const auto record = build_layers(layers,
                                     {.store = store.view(),
                                      .keep_in = kept.path().string(),
                                      .compression = *Compression::parse(codec)},
                                     {})
                            .front();
    CHECK(record.media_type == "application/vnd.oci.image.layer.v1.tar+" + codec);
    CHECK(record.diff_id == plain.digest);
    CHECK(record.paths == plain.paths);
    const std::string stored = read_file(record.layer_path, 1 << 20);
    CHECK(record.digest == oci::Digest::of(stored).str());
    CHECK(record.size == static_cast<std::int64_t>(stored.size()));
    const auto inflated = decompress(FileSource(record.layer_path).open());
    CHECK(oci::Digest::of(read_all(*inflated, 1 << 20)).str() == plain.digest);
    const Image image = make_image({.layers = {{record}}}, store.view(), "image.json");
    CHECK(read_all(*image.layers.front().blob.bytes->open(), 1 << 20) == stored);
  }
}

TEST_CASE("when one layer fails nothing that was kept stays, but what was there before does") {
  const TempStore store;
  const TemporaryFolder kept;
  write_file(kept.path() / "mine", "x");
  const LayerBuild build{.store = store.view(), .keep_in = kept.path().string()};
  const auto layers = one_each({store.file("/nix/store/a", "a"), "/nix/store/none"});
  CHECK_FAILS(build_layers(layers, build, {}), ErrorKind::local,
              "/nix/store/none is not on this machine");
  CHECK(file_count(kept.path()) == 1);
}

TEST_CASE("when the layers' list cannot be written nothing that was kept for it stays") {
  const TempStore store;
  const TemporaryFolder folder;
  const LayerBuild build{.store = store.view(), .keep_in = folder.path().string()};
  const auto layers = one_each({store.file("/nix/store/a", "a"), store.file("/nix/store/b", "b")});
  auto kept = file_count(folder.path());
  const auto fail = [&](const std::vector<LayerRecord>& records) {
    kept = file_count(folder.path());
    CHECK(records.size() == 2);
    throw Error(ErrorKind::local, "no space left");
  };
  CHECK_FAILS(build_layers(layers, build, {}, fail), ErrorKind::local, "no space left");
  CHECK(kept == 2);
  CHECK(file_count(folder.path()) == 0);
}

TEST_CASE("describing layers stops when asked to") {
  const TempStore store;
  std::stop_source stop;
  stop.request_stop();
  const auto layers = one_each({store.file("/nix/store/a", "a")});
  CHECK_FAILS(build_layers(layers, {.store = store.view()}, stop.get_token()), ErrorKind::cancelled,
              "stopped on request");
}

TEST_CASE("options that are not known are refused before a tar is read") {
  std::vector<StorePath> paths = {
      {.path = "/nix/store/none", .options = {}, .unknown_keys = {"options.recursive"}}};
  CHECK_THROWS_WITH_AS(
      build_layers({paths}, {}, {}),
      "/nix/store/none: options.recursive: unknown, and the layer must be made by it", Error);
}

}  // namespace layer_builder_test
