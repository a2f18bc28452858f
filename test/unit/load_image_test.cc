#include <doctest/doctest.h>
#include <sys/stat.h>

#include <array>
#include <functional>

#include "base/text.h"
#include "codec/codec.h"
#include "describe/layer_builder.h"
#include "image/image_json.h"
#include "image/store_layer.h"
#include "test/support/temp_store.h"

namespace load_image_test {

using namespace n2c;
using test::TempStore;

namespace {

constexpr std::string_view hello = "/nix/store/aaa-hello";

LayerRecord layer_of(const TempStore& store, const std::vector<StorePath>& paths) {
  return build_layers({paths}, {.store = store.view()}, {}).front();
}

Image image_of(const TempStore& store, std::vector<LayerRecord> layers) {
  return make_image({.layers = std::move(layers), .arch = "amd64"}, store.view(), "image.json");
}

std::string gzipped(const std::string& text) {
  CompressionPool pool(1);
  return read_all(*compress(MemorySource(text).open(), {}, pool), 1 << 20);
}

/// A gzip layer kept in a file, its diff_id still missing.
LayerRecord layer_file(std::string file, const std::string& bytes) {
  return {.digest = oci::Digest::of(bytes).str(),
          .media_type = std::string(oci::media_type::layer_gzip),
          .layer_path = std::move(file)};
}

std::optional<Error> failure(const std::function<void()>& run) {
  try {
    run();
    return {};
  } catch (const Error& error) {
    return error;
  }
}

/// What making an image of one altered layer fails with.
Error refused(const std::function<void(LayerRecord&)>& alter) {
  const TempStore store;
  store.file(hello, "hello\n");
  LayerRecord layer = layer_of(store, {{.path = std::string(hello), .options = {}}});
  alter(layer);
  auto error = failure([&] { image_of(store, {layer}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::input);
  return *error;
}

std::string read(const Layer& layer, std::uint64_t offset = 0) {
  return read_all(*layer.blob.bytes->open(offset), 1 << 20);
}

}  // namespace

TEST_CASE(
    "a layer of store paths is made again, from any offset, and its diff_id is in the config") {
  const TempStore store;
  store.file(hello, "hello\n");
  const LayerRecord record = layer_of(store, {{.path = std::string(hello), .options = {}}});
  const Image image = image_of(store, {record});
  const Layer& layer = image.layers.front();
  const std::string tar = read(layer);
  CHECK(oci::Digest::of(tar).str() == record.digest);
  CHECK(layer.blob.descriptor.size == tar.size());
  CHECK(layer.label == "aaa-hello");
  CHECK(read(layer, 700) == tar.substr(700));
  CHECK(image.config_json.find("\"diff_ids\":[\"" + record.digest) != std::string::npos);
  CHECK(image.config_json.find("\"architecture\":\"amd64\"") != std::string::npos);
}

TEST_CASE("a store that differs from when the layer was described is reported, with both digests") {
  const TempStore store;
  store.file(hello, "hello\n");
  const LayerRecord record = layer_of(store, {{.path = std::string(hello), .options = {}}});
  ::chmod(store.real(hello).c_str(), 0644);
  write_file(store.real(hello), "HELLO\n", 0444);
  const Image image = image_of(store, {record});
  const auto error = failure([&] { read(image.layers.front()); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::integrity);
  CHECK(error->message().starts_with("the tar of "));
  CHECK(error->message().find(record.digest) != std::string::npos);
  CHECK(error->hint().find("nix-store --verify-path") != std::string::npos);
}

TEST_CASE("a layer's file wins over its paths, and its size is the file's (A8.9, Appendix III)") {
  const TempStore store;
  const std::string stored = gzipped("a tar, for all it matters here");
  store.file("/nix/store/bbb-layer", stored);
  LayerRecord layer = layer_file("/nix/store/bbb-layer", stored);
  layer.diff_id = oci::Digest::of("a tar, for all it matters here").str();
  layer.paths = {{.path = "/nix/store/gone", .options = {}, .unknown_keys = {"tar"}}};
  const Image image = image_of(store, {layer});
  CHECK(image.layers.front().blob.descriptor.size == stored.size());
  CHECK(read(image.layers.front()) == stored);
  CHECK(read(image.layers.front(), 10) == stored.substr(10));
}

TEST_CASE("a stored layer that unpacks to other than its diff_id is refused, and says so") {
  const TempStore store;
  const std::string stored = gzipped("one tar");
  store.file("/nix/store/bbb-layer", stored);
  LayerRecord layer = layer_file("/nix/store/bbb-layer", stored);
  layer.diff_id = oci::Digest::of("another tar").str();
  const Image image = image_of(store, {layer});
  const auto error = failure([&] { read(image.layers.front()); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::integrity);
  CHECK(error->message().find("/bbb-layer unpacked: bytes with digest ") != std::string::npos);
  CHECK(error->message().find(oci::Digest::of("one tar").str()) != std::string::npos);
  CHECK(error->hint().starts_with("diff_ids must be"));
}

TEST_CASE("bytes of an unknown media type go as they are, unpacked by no one (A6.3)") {
  const TempStore store;
  store.file("/nix/store/bbb-layer", "who knows");
  LayerRecord layer = layer_file("/nix/store/bbb-layer", "who knows");
  layer.media_type = "foo/bar";
  layer.diff_id = oci::Digest::of("nothing like it").str();
  CHECK(read(image_of(store, {layer}).layers.front()) == "who knows");
}

TEST_CASE("a layer's file that was cut is reported") {
  const TempStore store;
  store.file("/nix/store/bbb-l", "whole");
  LayerRecord layer{.digest = oci::Digest::of("whole, and more").str(),
                    .diff_id = oci::Digest::of("whole, and more").str(),
                    .layer_path = "/nix/store/bbb-l"};
  const Image image = image_of(store, {layer});
  CHECK(failure([&] { read(image.layers.front()); })->kind() == ErrorKind::integrity);
}

TEST_CASE("layers that cannot be had are refused, and the message says which and why") {
  CHECK(refused([](LayerRecord& l) { l.digest = "sha256:../../../etc/shadow"; })
            .message()
            .starts_with("image.json: layers[0]: digest: invalid digest"));
  CHECK(refused([](LayerRecord& l) { l.diff_id.clear(); }).message().find("diff_ids: invalid") !=
        std::string::npos);
  CHECK(refused([](LayerRecord& l) { l.paths.reset(); }).message().find("neither layer-path") !=
        std::string::npos);
  CHECK(refused([](LayerRecord& l) { l.size = -1; }).message().ends_with("size: -1 is negative"));
  CHECK(refused([](LayerRecord& l) { l.diff_id = oci::Digest::of("x").str(); })
            .message()
            .find("digest: is not diff_ids") != std::string::npos);
  CHECK(refused([](LayerRecord& l) { l.paths->front().unknown_keys = {"options.recursive"}; })
            .message()
            .find("/nix/store/aaa-hello: options.recursive: unknown") != std::string::npos);
  CHECK(refused([](LayerRecord& l) { l.layer_path = "/none"; })
            .message()
            .ends_with("No such file or directory"));
  CHECK(refused([](LayerRecord& l) { l.layer_path = "/dev/null"; })
            .message()
            .ends_with("not a regular file"));
}

TEST_CASE("a layer-path that is a device is refused before it is opened") {
  LayerRecord layer{.digest = oci::Digest::of("").str(),
                    .diff_id = oci::Digest::of("").str(),
                    .layer_path = "/dev/zero"};
  const auto error = failure([&] { make_image({.layers = {{layer}}}, {}, "image.json"); });
  REQUIRE(error);
  CHECK(error->message().ends_with("layer-path: /dev/zero: not a regular file"));
}

TEST_CASE("a missing image.json is wrong input, and names itself") {
  const auto error = failure([] { load_image_json("/none/image.json", {}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::input);
  CHECK(error->message() == "open /none/image.json: No such file or directory");
}

namespace {

/// A description in a folder of its own, and a layer's file somewhere.
struct Described {
  explicit Described(std::filesystem::path file, std::string bytes, std::string claimed)
      : path(std::move(file)), description(folder.path() / "image" / "image.json") {
    std::filesystem::create_directories(description.parent_path());
    write_file(description, "{}");
    std::filesystem::create_directories((folder.path() / path).parent_path());
    write_file(folder.path() / path, bytes);
    record = {.digest = oci::Digest::of(claimed).str(),
              .diff_id = oci::Digest::of(claimed).str(),
              .media_type = std::string(oci::media_type::layer_tar),
              .layer_path = (folder.path() / path).string()};
  }
  /// How many bytes are given before the error that the layer is not what it should be.
  std::size_t given(const StoreView& store = {}) const {
    const Image image = make_image({.layers = {{record}}}, store, description);
    std::size_t count = 0;
    const auto error = failure([&] {
      const auto reader = image.layers.front().blob.bytes->open();
      std::array<std::byte, 10> block;
      while (const std::size_t got = reader->read(block)) count += got;
    });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::integrity);
    return count;
  }

  TemporaryFolder folder;
  std::filesystem::path path, description;
  LayerRecord record;
};

}  // namespace

TEST_CASE(
    "of a layer-path outside of the store and of the description's folder nothing is given but "
    "what was described") {
  const std::string secret(1000, 's'), claimed(1000, 'c');
  CHECK(Described("image/layer.tar", secret, claimed).given() > 0);
  CHECK(Described("image/below/layer.tar", secret, claimed).given() > 0);
  CHECK(Described("elsewhere/secret", secret, claimed).given() == 0);
  CHECK(Described("imagelayer.tar", secret, claimed).given() == 0);
  CHECK(Described("secret", secret, claimed).given() == 0);

  Described climbing("secret", secret, claimed);
  climbing.record.layer_path = (climbing.folder.path() / "image" / ".." / "secret").string();
  CHECK(climbing.given() == 0);

  Described linked("secret", secret, claimed);
  std::filesystem::create_symlink("../secret", linked.folder.path() / "image" / "layer.tar");
  linked.record.layer_path = (linked.folder.path() / "image" / "layer.tar").string();
  CHECK(linked.given() == 0);

  Described folder_linked("kept/secret", secret, claimed);
  std::filesystem::create_symlink("../kept", folder_linked.folder.path() / "image" / "below");
  folder_linked.record.layer_path =
      (folder_linked.folder.path() / "image" / "below" / "secret").string();
  CHECK(folder_linked.given() == 0);

  Described by_proc("secret", secret, claimed);
  by_proc.record.layer_path = "/proc/self/root" + (by_proc.folder.path() / "secret").string();
  CHECK(by_proc.given() == 0);

  Described unpacked("secret", secret, claimed);
  unpacked.record.media_type = oci::media_type::layer_gzip;
  unpacked.record.diff_id = oci::Digest::of("x").str();
  CHECK(unpacked.given() == 0);
}

TEST_CASE("a store path that is a link to outside of the store is checked before it is given") {
  const TempStore store;
  const std::string secret(1000, 's'), claimed(1000, 'c');
  store.file("/nix/store/bbb-layer", secret);
  Described in_store("unused", secret, claimed);
  in_store.record.layer_path = "/nix/store/bbb-layer";
  CHECK(in_store.given(store.view()) > 0);

  Described outside("secret", secret, claimed);
  store.symlink("/nix/store/ccc-layer", (outside.folder.path() / "secret").string());
  outside.record.layer_path = "/nix/store/ccc-layer";
  CHECK(outside.given(store.view()) == 0);
}

TEST_CASE("a layer-path elsewhere that is what was described is read as ever, from any offset") {
  const std::string tar = "a tar, for all it matters here";
  const Described kept("tars/layer.tar", tar, tar);
  const Image image = make_image({.layers = {{kept.record}}}, {}, kept.description);
  CHECK(read(image.layers.front()) == tar);
  CHECK(read(image.layers.front(), 10) == tar.substr(10));
  // Another file in its place after the check, as long: nothing of it is given.
  const auto path = kept.folder.path() / kept.path;
  write_file(path, std::string(tar.size(), 's'));
  const auto error = failure([&] { image.layers.front().blob.bytes->open(); });
  REQUIRE(error);
  CHECK(error->message() == path.string() + ": another file took its place since it was checked");
}

TEST_CASE(
    "paths that are not the store's own are made into a layer only when it is the one described") {
  const TempStore store;
  store.file(hello, std::string(5000, 'h'));
  store.file("/nix/store/ddd-deep/etc/shadow", std::string(5000, 's'));
  const auto given = [&](std::string path) {
    LayerRecord record = layer_of(store, {{.path = std::move(path), .options = {}}});
    record.digest = record.diff_id = oci::Digest::of("another tar").str();
    std::size_t count = 0;
    const Image image = image_of(store, {record});
    const auto error = failure([&] {
      const auto reader = image.layers.front().blob.bytes->open();
      std::array<std::byte, 512> block;
      while (const std::size_t got = reader->read(block)) count += got;
    });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::integrity);
    return count;
  };
  CHECK(given(std::string(hello)) > 0);
  CHECK(given("/nix/store/ddd-deep/etc/shadow") == 0);
  CHECK(given("/nix/store/ddd-deep/../ddd-deep") == 0);
}

}  // namespace load_image_test
