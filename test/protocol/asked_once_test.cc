/// No question is asked twice in a push, by what the registry was asked.

#include <doctest/doctest.h>

#include "layout/archive_writer.h"
#include "places/open.h"
#include "places/stream_push.h"
#include "test/support/push_scene.h"
#include "test/support/silent_progress.h"
#include "test/support/transports.h"

namespace asked_once_test {

using namespace n2c;
using namespace n2c::test;

namespace {

using Lines = std::vector<std::string>;

WatchedImage image_of(std::initializer_list<std::string> layers) {
  WatchedImage made;
  for (const std::string& bytes : layers) made.add(bytes);
  made.describe("amd64");
  return made;
}

WatchedImage usual_image() { return image_of({pattern(5'000'000), pattern(300'000), "a", "b"}); }

struct Scene : PushScene {
  bool layer_index = false;
  std::vector<std::string> mount_from{};

  void push(const WatchedImage& image, const std::string& to, bool remembers = true) {
    forget_requests();
    SilentProgress progress;
    Registries registries({});
    RegistryPush push = push_to(to);
    if (!remembers) push.cache_file.clear();
    push.layer_index = layer_index;
    for (const std::string& path : mount_from) push.mount_from.push_back({host(), path});
    push_to_registry(image.image, registries, push, progress, {});
  }
  /// An index of images for two processors.
  void push_index(const WatchedImage& one, const WatchedImage& other, const std::string& to) {
    forget_requests();
    SilentProgress progress;
    Registries registries({});
    const std::vector<IndexPart> parts{{.name = "one", .source = one.image},
                                       {.name = "other", .source = other.image}};
    push_to_registry(RegistryIndex{.parts = parts}, registries, push_to(to), progress, {});
  }
};

}  // namespace

TEST_CASE("nothing is asked twice when an image is pushed for the first time, and again") {
  Scene scene;
  const WatchedImage image = usual_image();
  scene.push(image, "/acme/app:1");
  CHECK(scene.asked_again() == Lines{});
  for (const bool remembers : {true, false}) {
    CAPTURE(remembers);
    for (const char* tag : {"1", "latest", "2"}) {
      CAPTURE(tag);
      scene.push(image, cat("/acme/app:", tag), remembers);
      CHECK(scene.asked_again() == Lines{});
    }
  }
}

TEST_CASE("nothing is asked twice when a layer is new, whether the machine remembers or not") {
  Scene scene;
  scene.push(usual_image(), "/acme/app:main-1");
  for (const bool remembers : {true, false}) {
    CAPTURE(remembers);
    const std::string which = remembers ? "known" : "unknown";
    scene.push(image_of({pattern(5'000'000), "new, " + which}), "/acme/app:main-2" + which,
               remembers);
    CHECK(scene.asked_again() == Lines{});
  }
}

TEST_CASE("nothing is asked twice when mounts are refused, and when they take place") {
  Scene scene;
  scene.push(image_of({"of the others"}), "/team/other:1");
  scene.push(usual_image(), "/acme/app:1");
  CHECK(scene.requests("POST /v2/acme/app/blobs/uploads/?mount=") > 0);
  CHECK(scene.asked_again() == Lines{});
  scene.mount_from = {"team/other", "acme/app"};
  scene.push(usual_image(), "/acme/sibling:1");
  CHECK(scene.asked_again() == Lines{});
}

TEST_CASE("nothing is asked twice when images for two processors are pushed") {
  Scene scene;
  const WatchedImage one = usual_image();
  WatchedImage other;
  other.share(one, 0);
  other.add("of the other processor");
  other.describe("arm64");
  scene.push_index(one, other, "/acme/app:1");
  CHECK(scene.asked_again() == Lines{});
  scene.push_index(one, other, "/acme/app:2");
  CHECK(scene.asked_again() == Lines{});
}

TEST_CASE("with a layer index nothing but the index is asked for twice") {
  Scene scene;
  scene.layer_index = true;
  const WatchedImage image = usual_image();
  for (const bool remembers : {false, true}) {
    for (const char* tag : {"1", "1", "main", "2"}) {
      scene.push(image, cat("/acme/app:", tag), remembers);
      for (const std::string& line : scene.asked_again()) {
        CHECK(line == cat("GET /v2/acme/app/manifests/", layer_index_tag));
      }
    }
  }
}

TEST_CASE("two tags that name one manifest have its config read once") {
  Scene scene;
  const WatchedImage image = usual_image();
  for (const char* tag : {"latest", "main", "1", "2"}) scene.push(image, cat("/acme/app:", tag));
  scene.push(image_of({"another"}), "/acme/app:3", false);
  CHECK(scene.requests("GET /v2/acme/app/manifests/") == 5);
  CHECK(scene.requests("GET /v2/acme/app/blobs/") == 1);
  CHECK(scene.asked_again() == Lines{});
}

TEST_CASE("nothing is asked twice when the image comes through a pipe") {
  const auto archive = [](const std::string& text) {
    std::vector<ArchiveFile> files;
    const auto add = [&](const std::string& path, const std::string& bytes) {
      files.push_back({path, bytes.size(), std::make_shared<MemorySource>(bytes)});
    };
    std::vector<ArchiveFile> in_layer{{"file", text.size(), std::make_shared<MemorySource>(text)}};
    const std::string layer = read_all(*ArchiveSource(std::move(in_layer)).open(), 1 << 20);
    const std::string diff_id = oci::Digest::of(layer).hex();
    const std::string config = cat(
        R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:)",
        diff_id, R"("]}})");
    add(diff_id + "/layer.tar", layer);
    add("config.json", config);
    add("manifest.json", cat(R"([{"Config":"config.json","RepoTags":["app:1"],"Layers":[")",
                             diff_id, R"(/layer.tar"]}])"));
    return ArchiveSource(std::move(files)).open();
  };
  Scene scene;
  Registries registries({});
  const auto push = [&](const std::string& text, const std::string& tag) {
    scene.forget_requests();
    SilentProgress progress;
    const RegistryPush wishes = scene.push_to("/acme/app:" + tag);
    const auto to =
        open_destination(or_throw(Address::parse(wishes.to.str()), ErrorKind::usage, "address"),
                         {.registries = registries, .registry = wishes});
    return push_stream({.bytes = archive(text), .name = "the archive"}, *to, {}, progress, {});
  };
  push("one", "1");
  CHECK(scene.asked_again() == Lines{});
  CHECK(push("one", "1").report.nothing_written);
  CHECK(scene.asked_again() == Lines{});
  CHECK(scene.requests("GET /v2/acme/app/manifests/1") == 1);
  push("one", "2");
  CHECK(scene.asked_again() == Lines{});
  push("another", "2");
  CHECK(scene.asked_again() == Lines{});
}

}  // namespace asked_once_test
