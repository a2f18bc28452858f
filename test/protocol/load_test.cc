/// Loading into an engine that speaks Docker's API, as real engines do it.

#include <doctest/doctest.h>

#include "cache/digest_cache.h"
#include "engine/docker_engine.h"
#include "test/support/fake_daemon.h"
#include "test/support/layered_image.h"
#include "test/support/load_rig.h"

namespace load_test {

using namespace n2c;
using namespace n2c::test;
using Store = DockerFacts::Store;

TEST_CASE("an image that is there by its id is only given its names") {
  const Image image = layered_image({"a", "b"});
  FakeDaemon daemon;
  daemon.hold(oci::Digest::of(image.config_json).str(), {diff_ids_of(image)});
  const LoadReport report = load(daemon, image, {"app:1", "localhost:5000/app:2"}).report;
  CHECK(daemon.archives().empty());
  CHECK(report.layers_there == 2);
  CHECK(report.layers_sent == 0);
  CHECK(report.bytes_sent == 0);
  CHECK(daemon.id_of("docker.io/library/app:1") == report.image_id);
  CHECK(daemon.id_of("localhost:5000/app:2") == report.image_id);
}

TEST_CASE("an image loaded for the first time is sent whole and has its name at the end") {
  const Image image = layered_image({"a", "b", "a"});
  for (const Store store : {Store::classic, Store::containerd, Store::podman}) {
    FakeDaemon daemon({.store = store});
    const Loaded loaded = load(daemon, image, {"app:1"});
    CHECK(loaded.report.layers_sent == 2);
    CHECK(loaded.report.layers_there == 0);
    CHECK(loaded.report.bytes_sent > 2);
    CHECK(daemon.archives().size() == 1);
    CHECK(daemon.id_of("docker.io/library/app:1") == loaded.report.image_id);
    CHECK(loaded.notes.empty());
  }
}

TEST_CASE(
    "an engine that should pull for the first time and cannot gets an archive, and is told of") {
  const Image image = layered_image({"a", "b"});
  FakeDaemon daemon({.store = Store::containerd});
  const Loaded loaded = load(daemon, image, {"app:1"}, {}, nullptr, LoadMethod::automatic);
  CHECK(daemon.archives().size() == 1);
  CHECK(daemon.id_of("docker.io/library/app:1") == loaded.report.image_id);
  REQUIRE(loaded.notes.size() == 1);
  CHECK(loaded.notes[0].starts_with("the engine could not pull from us: "));
  CHECK(loaded.notes[0].ends_with("; sending an archive"));
}

TEST_CASE("the classic store gets the layers above the chain that the previous image has") {
  FakeDaemon daemon;
  load(daemon, layered_image({"a", "b", "c", "d"}), {"app:1"});
  const Image changed = layered_image({"a", "b", "X", "d"});
  const Loaded loaded = load(daemon, changed, {"app:1"});
  CHECK(daemon.archives().back() == layer_files(changed, {2, 3}));
  CHECK(loaded.report.layers_sent == 2);
  CHECK(loaded.report.layers_there == 2);
  CHECK(loaded.notes.empty());
}

TEST_CASE("a store of blobs gets the changed layer alone") {
  for (const Store store : {Store::containerd, Store::podman}) {
    FakeDaemon daemon({.store = store});
    load(daemon, layered_image({"a", "b", "c", "d"}), {"app:1"});
    const Loaded loaded = load(daemon, layered_image({"a", "X", "c", "d"}), {"app:2"});
    CHECK(loaded.report.layers_sent == 1);
    CHECK(loaded.report.layers_there == 3);
    CHECK(loaded.notes.empty());
    CHECK(daemon.id_of("docker.io/library/app:2") == loaded.report.image_id);
  }
}

TEST_CASE("layers are found in an image of the same repository, and in the one named by --like") {
  FakeDaemon daemon;
  load(daemon, layered_image({"a", "b"}), {"app:old"});
  CHECK(load(daemon, layered_image({"a", "b", "c"}), {"app:new"}).report.layers_sent == 1);
  load(daemon, layered_image({"base", "x"}), {"base:1"});
  load(daemon, layered_image({"other"}), {"mine:1"});
  const Image image = layered_image({"base", "x", "y"});
  CHECK(load(daemon, image, {"mine:1"}, {"base:1"}).report.layers_sent == 1);
}

TEST_CASE("--like an image that is not there is said, and costs nothing") {
  FakeDaemon daemon;
  const Loaded loaded = load(daemon, layered_image({"a"}), {"app:1"}, {"gone:1"});
  REQUIRE(loaded.notes.size() == 1);
  CHECK(loaded.notes[0] == "--like docker.io/library/gone:1: no such image");
}

TEST_CASE("a broken image in a containerd store is not counted on, and is made whole") {
  const Image image = layered_image({"a", "b"});
  FakeDaemon daemon({.store = Store::containerd});
  daemon.hold(manifest_id(image), {diff_ids_of(image), false}, "docker.io/library/app:1");
  const Loaded loaded = load(daemon, image, {"app:1"});
  CHECK(loaded.report.layers_sent == 2);
  CHECK(loaded.notes.empty());
}

TEST_CASE("a containerd store that cannot say what is whole gets everything") {
  FakeDaemon daemon({.store = Store::containerd, .api = "1.47"});
  load(daemon, layered_image({"a", "b"}), {"app:1"});
  CHECK(load(daemon, layered_image({"a", "c"}), {"app:1"}).report.layers_sent == 2);
}

TEST_CASE(
    "a layer remembered wrongly is loaded all the same, and remembered rightly from then on") {
  FakeDaemon daemon({.store = Store::containerd});
  const DockerHost host{.socket = daemon.socket(), .tls = {}};
  const auto engine =
      make_docker_engine(host, connect_docker(host, {.user_agent = "n2c-test"}), {});
  const TemporaryFolder folder;
  const Image image = layered_image({"a", "b"});
  const LoadRequest request{.image = image,
                            .names = references({"app:1"}),
                            .method = LoadMethod::archive,
                            .compression = {.codec = Codec::gzip},
                            .cache = folder.path() / "pushes"};
  const oci::Digest diff_id = image.layers[0].diff_id;
  const std::string recipe = request.compression.recipe();
  {
    DigestCache cache(request.cache);
    cache.add_form(diff_id, recipe, {oci::Digest::of("wrong"), 40});
    cache.save();
  }
  SilentProgress progress;
  const LoadReport report = load_into(*engine, request, progress, {});
  CHECK(daemon.id_of("docker.io/library/app:1") == report.image_id);
  REQUIRE(progress.notes().size() == 1);
  CHECK(progress.notes()[0].find("was remembered as") != std::string::npos);
  const auto form = DigestCache(request.cache).find_form(diff_id, recipe);
  CHECK(form->digest != oci::Digest::of("wrong"));
  SilentProgress again;
  CHECK(load_into(*engine, request, again, {}).image_id == report.image_id);
  CHECK(again.notes().empty());
}

TEST_CASE("images of an old engine are asked for without what it does not know") {
  FakeDaemon daemon({.api = "", .old_api = "1.24"});
  CHECK(load(daemon, layered_image({"a"}), {"app:1"}).report.layers_sent == 1);
}

}  // namespace load_test
