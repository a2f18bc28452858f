#include <doctest/doctest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "describe/base_image.h"
#include "image/image_json.h"

namespace base_config_test {

using namespace n2c;

namespace {

constexpr std::string_view config_json =
    R"({"architecture":"arm64","os":"linux","config":{"Env":["PATH=/bin","A=1"],"Cmd":"bash",)"
    R"("Labels":{"from":"base"}},"rootfs":{"type":"layers","diff_ids":["sha256:)"
    "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
    R"("]},"history":[{"created_by":"ADD rootfs"},{"created_by":"CMD bash","empty_layer":true}]})";

/// A base image of one layer in a dir: folder.
struct Base {
  TemporaryFolder folder;
  Base() {
    const std::string hex = oci::Digest::of(config_json).hex();
    write_file(folder.path() / hex, config_json);
    write_file(folder.path() / "manifest.json",
               cat(R"({"schemaVersion":2,"config":{"mediaType":")", oci::media_type::config,
                   R"(","digest":"sha256:)", hex, R"(","size":1},"layers":[{"mediaType":")",
                   oci::media_type::layer_gzip, R"(","digest":"sha256:)", std::string(64, '1'),
                   R"(","size":7}]})"));
  }
  ImageRecord read(BaseConfigUse config) const {
    return image_from_dir(folder.path().string(), {}, [](std::string_view) {}, config);
  }
};

/// An image on top of it, as the image command begins one.
ImageRecord image_on(const ImageRecord& base) {
  ImageRecord image{.layers = base.layers};
  image.container.env = {{"A=2", "B=3"}};
  return image;
}

/// As it comes back out of an image.json.
ImageRecord read_again(const ImageRecord& image) {
  return or_throw(parse_image_json(image_json(image)), ErrorKind::internal, "image.json");
}

void unheard(std::string_view) {}

constexpr std::string_view merged =
    R"({"Env":["PATH=/bin","A=2","B=3"],"Cmd":["bash"],"Labels":{"from":"base"}})";

}  // namespace

TEST_CASE("a base image is described without its config unless it is asked for") {
  const Base base;
  const ImageRecord dropped = base.read(BaseConfigUse::dropped);
  CHECK(dropped.container.to_json().compact() == "{}");
  CHECK(dropped.arch.empty());
  CHECK(dropped.layers->front().history == oci::History{});
  const ImageRecord kept = base.read(BaseConfigUse::kept);
  CHECK(kept.container.to_json().compact() ==
        R"({"Env":["PATH=/bin","A=1"],"Cmd":["bash"],"Labels":{"from":"base"}})");
  CHECK(kept.arch == "arm64");
  CHECK(kept.layers->front().history.created_by == "ADD rootfs");
}

TEST_CASE("a base's history goes through image.json with its entries without a layer") {
  const Base base;
  const ImageRecord described = read_again(base.read(BaseConfigUse::kept));
  ImageRecord image = image_on(described);
  merge_base_config(image, described, {}, unheard);
  const ImageRecord merged_image = read_again(image);
  REQUIRE(merged_image.history.size() == 2);
  CHECK(merged_image.history[0].created_by == "ADD rootfs");
  CHECK(merged_image.history[1].created_by == "CMD bash");
  CHECK(merged_image.history[1].empty_layer);
}

TEST_CASE("a history that does not have one entry for each layer is refused") {
  const Base base;
  ImageRecord image = base.read(BaseConfigUse::kept);
  image.layers->push_back(image.layers->front());
  const auto read = parse_image_json(image_json(image));
  REQUIRE_FALSE(read);
  CHECK(read.error() == "history: 1 entries have a layer, and there are 2 layers");
}

TEST_CASE("what a description hands on has true digests and sizes only") {
  const std::string good = "sha256:" + std::string(64, 'a');
  require_sound({{.digest = good, .diff_id = good}});
  for (const std::string_view bad : {"sha256:../../etc/passwd", "", "sha256:ABC"}) {
    CHECK_THROWS_WITH_AS(require_sound({{.digest = std::string(bad), .diff_id = good}}),
                         doctest::Contains("layers[0].digest"), Error);
    CHECK_THROWS_WITH_AS(require_sound({{.digest = good, .diff_id = std::string(bad)}}),
                         doctest::Contains("layers[0].diff_ids"), Error);
  }
  CHECK_THROWS_WITH_AS(require_sound({{.digest = good, .size = -1, .diff_id = good}}),
                       "layers[0].size: -1 is negative", Error);
}

TEST_CASE("a base described with its config is merged under the image's own") {
  const Base base;
  const ImageRecord described = base.read(BaseConfigUse::kept);
  ImageRecord image = image_on(described);
  merge_base_config(image, described, {}, unheard);
  CHECK(image.container.to_json().compact() == merged);
}

TEST_CASE("a base described without its config is looked up where its layers lie") {
  const Base base;
  const ImageRecord described = base.read(BaseConfigUse::dropped);
  ImageRecord image = image_on(described);
  merge_base_config(image, described, {}, unheard);
  CHECK(image.container.to_json().compact() == merged);
  CHECK(image.layers->front().history.created_by == "ADD rootfs");
}

TEST_CASE("a base that sets nothing is merged like any other") {
  const ImageRecord base{.layers = {{LayerRecord{.paths = {{StorePath{.path = "/nix/store/a"}}}}}},
                         .arch = "amd64"};
  ImageRecord image = image_on(base);
  merge_base_config(image, base, {}, unheard);
  CHECK(image.container.to_json().compact() == R"({"Env":["A=2","B=3"]})");
}

TEST_CASE("that a base's OnBuild is not taken over is said (#18)") {
  ImageRecord base{.arch = "amd64"};
  base.container.docker.on_build = {{"RUN a", "RUN b"}};
  base.container.docker.stop_timeout = 5;
  const ImageRecord described = read_again(base);
  ImageRecord image = image_on(described);
  image.layers.emplace();  // a base without layers is described without a list of them
  std::string heard;
  merge_base_config(image, described, {}, [&](std::string_view told) { heard += told; });
  CHECK(heard ==
        "the base image's OnBuild is not taken over: its 2 instructions are for a Dockerfile's "
        "build on it");
  CHECK(image.container.to_json().compact() == R"({"Env":["A=2","B=3"],"StopTimeout":5})");
}

TEST_CASE("a base whose config is nowhere to be found says how to keep it") {
  const Base base;
  const ImageRecord described = base.read(BaseConfigUse::dropped);
  std::filesystem::remove(base.folder.path() / "manifest.json");
  ImageRecord image = image_on(described);
  try {
    merge_base_config(image, described, {}, unheard);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    CHECK(error.hint().find("--with-config") != std::string::npos);
  }
}

}  // namespace base_config_test
