#include "serve/served_images.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "base/locked.h"
#include "base/text.h"
#include "test/support/check_fails.h"

namespace served_images_test {

using namespace n2c;

namespace {

/// Counts how often it is opened.
class CountedSource final : public ByteSource {
 public:
  CountedSource(std::string bytes, std::atomic<int>& opened)
      : bytes_(std::move(bytes)), opened_(opened) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override {
    ++opened_;
    return bytes_.open(offset);
  }

 private:
  MemorySource bytes_;
  std::atomic<int>& opened_;
};

class FailingSource final : public ByteSource {
 public:
  std::unique_ptr<Reader> open(std::uint64_t) const override {
    throw Error(ErrorKind::local, "no such path");
  }
};

Layer plain_layer(std::string bytes, std::atomic<int>& opened) {
  const oci::Digest digest = oci::Digest::of(bytes);
  const std::uint64_t size = bytes.size();
  return {.diff_id = digest,
          .blob = {.descriptor = {std::string(oci::media_type::layer_tar), digest, size},
                   .bytes = std::make_shared<CountedSource>(std::move(bytes), opened)}};
}

ServedImage image_of(const std::string& tag, std::vector<Layer> layers) {
  return {"acme/app", tag,
          Image{.config_json = cat(R"({"tag":")", tag, "\"}"), .layers = std::move(layers)}};
}

oci::Manifest manifest_of(ServedImages& store, const std::string& tag) {
  const auto digest = store.find_tag("acme/app", tag).value();
  const auto record = store.find_manifest("acme/app", digest).value();
  CHECK(oci::Digest::of(record.json) == digest);
  return oci::Manifest::from_json(record.json).value();
}

std::string read_blob(ServedImages& store, const oci::Digest& digest) {
  return read_all(*store.open("acme/app", digest, 0), 1 << 20);
}

}  // namespace

TEST_CASE("a plain layer is served as it is and read only when it is asked for") {
  std::atomic<int> opened = 0;
  std::vector<ServedImage> images;
  images.push_back(image_of("1", {plain_layer("layer", opened)}));
  images.back().image.annotations = {{"org.opencontainers.image.title", "app"}};
  ServedImages store(std::move(images), {});
  const oci::Manifest manifest = manifest_of(store, "1");
  CHECK(manifest.annotations == oci::Annotations{{"org.opencontainers.image.title", "app"}});
  REQUIRE(manifest.layers.size() == 1);
  CHECK(manifest.layers[0].digest == oci::Digest::of("layer"));
  CHECK(opened == 0);
  CHECK(read_blob(store, manifest.layers[0].digest) == "layer");
  CHECK(read_all(*store.open("acme/app", manifest.layers[0].digest, 3), 10) == "er");
  CHECK(store.stat("acme/app", manifest.layers[0].digest) == 5);
  CHECK(read_blob(store, manifest.config.digest) == R"({"tag":"1"})");
  CHECK_FALSE(store.stat("other", manifest.config.digest));
  CHECK(store.open("acme/app", oci::Digest::of("none"), 0) == nullptr);
}

TEST_CASE("a layer that is compressed is measured once, whichever images have it") {
  std::atomic<int> opened = 0;
  std::vector<ServedImage> images;
  const Layer layer = plain_layer(std::string(100'000, 'x'), opened);
  images.push_back(image_of("1", {layer, layer}));
  images.push_back(image_of("2", {layer}));
  std::vector<oci::Descriptor> learned;
  ServeOptions options{.compression = {.codec = Codec::gzip}};
  options.learned = [&](const oci::Digest& diff_id, const oci::Descriptor& form) {
    CHECK(diff_id == layer.diff_id);
    learned.push_back(form);
  };
  ServedImages store(std::move(images), std::move(options));
  const oci::Manifest first = manifest_of(store, "1");
  const oci::Manifest second = manifest_of(store, "2");
  CHECK(first.layers == std::vector(2, second.layers.at(0)));
  CHECK(learned == second.layers);
  CHECK(opened == 1);
  CHECK(second.layers[0].media_type == oci::media_type::layer_gzip);
  const std::string compressed = read_blob(store, second.layers[0].digest);
  CHECK(oci::Digest::of(compressed) == second.layers[0].digest);
  CHECK(compressed.size() == second.layers[0].size);
  CHECK(compressed.size() < 10'000);
}

TEST_CASE("a layer whose form is known beforehand is not read") {
  std::atomic<int> opened = 0;
  std::vector<ServedImage> images;
  const Layer layer = plain_layer("layer", opened);
  images.push_back(image_of("1", {layer}));
  const oci::Descriptor form{std::string(oci::media_type::layer_zstd), oci::Digest::of("form"), 4};
  ServeOptions options{.compression = {.codec = Codec::zstd, .level = 3}};
  options.known.add(layer.diff_id, {form, "a test"});
  ServedImages store(std::move(images), std::move(options));
  CHECK(manifest_of(store, "1").layers == std::vector{form});
  CHECK(opened == 0);
}

TEST_CASE("a form that was known wrongly is noticed when it is read, and never offered again") {
  std::atomic<int> opened = 0;
  const Layer layer = plain_layer(std::string(100'000, 'x'), opened);
  const Layer other = plain_layer("another layer", opened);
  const Compression gzip{.codec = Codec::gzip};
  CompressionPool pool(1);
  const std::string right = read_all(*compress(layer.blob.bytes->open(), gzip, pool), 1 << 20);
  const std::string media_type(oci::media_type::layer_gzip);
  // As long, shorter and longer than the bytes are.
  for (const std::uint64_t size : {right.size(), right.size() - 1, right.size() + 1}) {
    std::vector<ServedImage> images;
    images.push_back(image_of("1", {layer, other}));
    images.push_back(image_of("2", {layer}));
    std::vector<oci::Descriptor> learned;
    Locked<std::vector<std::string>> notes;
    ServeOptions options{.compression = gzip};
    options.known.add(layer.diff_id, {{media_type, oci::Digest::of("wrong"), size}, "a test"});
    options.learned = [&](const oci::Digest& diff_id, const oci::Descriptor& form) {
      if (diff_id == layer.diff_id) learned.push_back(form);
    };
    int doubts = 0;
    options.doubted = [&] { ++doubts; };
    options.note = [&](std::string_view line) {
      notes.with([&](auto& lines) { lines.emplace_back(line); });
    };
    ServedImages store(std::move(images), std::move(options));
    const oci::Manifest wrong = manifest_of(store, "1");
    CHECK(wrong.layers[0].digest == oci::Digest::of("wrong"));
    CHECK_FAILS(read_blob(store, wrong.layers[0].digest), ErrorKind::integrity,
                "the layer was remembered as");
    CHECK_FALSE(store.stat("acme/app", wrong.layers[0].digest));
    for (const char* tag : {"1", "2"}) {
      const oci::Descriptor offered = manifest_of(store, tag).layers[0];
      CHECK(offered.digest == oci::Digest::of(right));
      CHECK(offered.size == right.size());
      CHECK(read_blob(store, offered.digest) == right);
    }
    CHECK(manifest_of(store, "1").layers[1] == wrong.layers[1]);
    CHECK(learned == std::vector{manifest_of(store, "2").layers[0]});
    CHECK(doubts == 1);
    CHECK(notes.with([&](const auto& lines) {
      return std::ranges::count_if(lines, [&](const std::string& line) {
        return line.starts_with(cat("layer ", layer.diff_id.brief(), " is not what"));
      });
    }) == 1);
  }
}

TEST_CASE("when one known form was wrong, the others are worked out too") {
  std::atomic<int> opened = 0;
  const Layer first = plain_layer("first", opened);
  const Layer second = plain_layer("second", opened);
  ServeOptions options{.compression = {.codec = Codec::gzip}};
  for (const Layer& layer : {first, second}) {
    const auto wrong = oci::Digest::of("wrong " + layer.diff_id.str());
    options.known.add(layer.diff_id,
                      {{std::string(oci::media_type::layer_gzip), wrong, 9}, "a test"});
  }
  std::vector<ServedImage> images;
  images.push_back(image_of("1", {first, second}));
  ServedImages store(std::move(images), std::move(options));
  CHECK_FAILS(read_blob(store, manifest_of(store, "1").layers[0].digest), ErrorKind::integrity,
              "the layer was remembered as");
  for (const oci::Descriptor& layer : manifest_of(store, "1").layers) {
    CHECK(oci::Digest::of(read_blob(store, layer.digest)) == layer.digest);
  }
}

TEST_CASE("the last byte of what is not the blob that was offered is never given") {
  std::atomic<int> opened = 0;
  const Layer layer = plain_layer("layer", opened);
  ServeOptions options{.compression = {.codec = Codec::gzip}};
  CompressionPool pool(1);
  const std::string right =
      read_all(*compress(layer.blob.bytes->open(), options.compression, pool), 1 << 20);
  options.known.add(layer.diff_id, {{std::string(oci::media_type::layer_gzip),
                                     oci::Digest::of("wrong"), right.size()},
                                    "a test"});
  std::vector<ServedImage> images;
  images.push_back(image_of("1", {layer}));
  ServedImages store(std::move(images), std::move(options));
  const auto reader = store.open("acme/app", oci::Digest::of("wrong"), 0);
  std::size_t given = 0;
  std::array<std::byte, 1> one{};
  CHECK_FAILS(
      [&] {
        while (reader->read(one) != 0) ++given;
      }(),
      ErrorKind::integrity, "the layer was remembered as");
  CHECK(given == right.size() - 1);
}

TEST_CASE("an image that cannot be made is said, and the others are served") {
  std::atomic<int> opened = 0;
  std::vector<ServedImage> images;
  Layer broken = plain_layer("broken", opened);
  broken.blob.bytes = std::make_shared<FailingSource>();
  images.push_back(image_of("broken", {broken}));
  images.push_back(image_of("good", {plain_layer("layer", opened)}));
  Locked<std::vector<std::string>> notes;
  ServeOptions options{.compression = {.codec = Codec::gzip}};
  options.note = [&](std::string_view line) {
    notes.with([&](auto& lines) { lines.emplace_back(line); });
  };
  ServedImages store(std::move(images), std::move(options));
  CHECK(manifest_of(store, "good").layers.size() == 1);
  CHECK_THROWS_WITH_AS(store.find_tag("acme/app", "broken"), "no such path", Error);
  CHECK(notes.with([](const auto& lines) { return lines.at(0); }) ==
        "acme/app:broken cannot be served: no such path");
  CHECK(store.tags("acme/app", {}) == std::vector<std::string>{"broken", "good"});
}

}  // namespace served_images_test
