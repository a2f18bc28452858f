/// Loading into an engine that speaks Docker's API, as real engines do it.

#include <doctest/doctest.h>

#include "base/text.h"
#include "cache/digest_cache.h"
#include "codec/compressed_source.h"
#include "engine/docker_engine.h"
#include "oci/layout.h"
#include "oci/media_type.h"
#include "registry/server/api/route.h"
#include "test/support/check_fails.h"
#include "test/support/fake_daemon.h"
#include "test/support/layered_image.h"
#include "test/support/load_rig.h"
#include "transfer/image_manifest.h"

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

TEST_CASE("an engine that keeps manifests gets the bytes of the one that is stored") {
  const Image image = layered_image({"a", "b"});
  std::vector<oci::Descriptor> layers;
  for (const Layer& layer : image.layers) layers.push_back(layer.blob.descriptor);
  const std::string indented =
      " " + make_manifest(image, std::move(layers), ManifestFormat::docker).to_json();
  oci::RawManifest stored = oci::RawManifest::of(oci::media_type::docker_manifest, indented);
  stored.descriptor.annotations["io.containerd.image.name"] = "elsewhere:1";
  for (const Store store : {Store::containerd, Store::podman, Store::classic}) {
    FakeDaemon daemon({.store = store});
    const LoadReport report =
        load_request(daemon, {.image = image, .names = references({"app:1"}), .manifest = stored});
    if (store != Store::classic) CHECK(report.manifest->digest == stored.descriptor.digest);
    if (store == Store::containerd) CHECK(report.image_id == stored.descriptor.digest.str());
    CHECK(report.held->str() == report.image_id);
  }
}

TEST_CASE("a manifest whose layers are stored otherwise in the engine is made anew") {
  FakeDaemon daemon({.store = Store::containerd});
  const Image image = layered_image({"a"});
  const LoadReport report = load_request(
      daemon, {.image = image,
               .names = references({"app:1"}),
               .compression = {.codec = Codec::gzip},
               .manifest = oci::RawManifest::of(oci::media_type::manifest, R"({"layers":[]})")});
  CHECK(daemon.id_of("docker.io/library/app:1") == report.image_id);
}

TEST_CASE("Docker before 23 gets layers that are stored as zstd as plain tars") {
  CompressionPool pool(1);
  Image image = layered_image({"first", "second"});
  const auto plain = image.layers[1].blob.bytes;
  const auto zstd =
      std::make_shared<CompressedSource>(*plain, Compression{.codec = Codec::zstd}, pool);
  image.layers[1].blob = {
      oci::measure(zstd->open(), std::string(oci::media_type::docker_layer_zstd)), zstd};
  struct Row {
    const char* api;
    Store store;
    bool plain;
  };
  for (const Row& row : {Row{"1.41", Store::classic, true}, Row{"1.42", Store::classic, false},
                         Row{"1.41", Store::podman, false}}) {
    CAPTURE(row.api);
    FakeDaemon daemon({.store = row.store, .api = row.api});
    const LoadReport report = load(daemon, image, {"app:1"}).report;
    CHECK(daemon.id_of("docker.io/library/app:1") == report.image_id);
    const std::string path = row.store == Store::classic
                                 ? image.layers[1].diff_id.hex() + ".tar"
                                 : oci::layout::blob_path(image.layers[1].blob.descriptor.digest);
    CHECK((daemon.last_files().at(path) == "second") == row.plain);
    const std::size_t before = daemon.archives().size();
    CHECK(load(daemon, image, {"app:2"}).report.layers_sent == 0);
    CHECK(daemon.archives().size() == before);
  }
}

namespace {

/// A daemon that pulls: what it is asked to pull is there, under that name.
struct PullingDaemon {
  PullingDaemon(const Image& image, bool refuses_names,
                const FakeDaemon::Options& options = {.store = Store::classic})
      : daemon(
            options,
            [this, &image,
             refuses_names](const registry::Request& request) -> std::optional<registry::Verdict> {
              const http::Url url = *http::Url::parse(cat("http://localhost", request.target));
              if (url.path().ends_with("/tag") && refuses_names) {
                return registry::Verdict{.answer = json_reply(400, R"({"message":"no"})")};
              }
              if (!url.path().ends_with("/images/create")) return {};
              const std::string name = *registry::percent_decoded(
                  request.target.substr(request.target.find("fromImage=") + 10));
              pulled = cat(name.substr(0, name.find('&')), ":", name.substr(name.find("tag=") + 4));
              daemon.hold(oci::Digest::of(image.config_json).str(), {diff_ids_of(image)}, pulled);
              return registry::Verdict{.answer = stream_of({R"({"status":"Pulled"})"})};
            }) {}
  std::string pulled;
  FakeDaemon daemon;
};

}  // namespace

TEST_CASE(
    "the name that an engine pulled by goes with the load, also when it refuses the image's") {
  const Image image = layered_image({"a"});
  for (const bool refuses : {false, true}) {
    PullingDaemon pulling(image, refuses);
    SilentProgress heard;
    const auto loading = [&] {
      load(pulling.daemon, image, {"app:1"}, {}, &heard, LoadMethod::registry);
    };
    if (refuses) {
      CHECK_FAILS(loading(), ErrorKind::registry, "400 no");
    } else {
      loading();
    }
    CHECK(pulling.pulled.starts_with("127.0.0.1:"));
    CHECK_FALSE(pulling.daemon.id_of(pulling.pulled));
    CHECK(heard.notes().empty());
  }
}

TEST_CASE("an image without a name is not pulled by an engine that would remove it with the name") {
  const Image image = layered_image({"a"});
  PullingDaemon pulling(image, false);
  CHECK_FAILS(load(pulling.daemon, image, {}, {}, nullptr, LoadMethod::registry), ErrorKind::usage,
              "--via registry: an image without a name");
  CHECK(pulling.pulled.empty());
}

TEST_CASE("a containerd store that cannot say what is whole is not asked to pull") {
  const Image image = layered_image({"a"});
  PullingDaemon pulling(image, false, {.store = Store::containerd, .api = "1.47"});
  CHECK_FAILS(load(pulling.daemon, image, {"app:1"}, {}, nullptr, LoadMethod::registry),
              ErrorKind::usage, "does not say whether an image that it pulled is whole");
  load(pulling.daemon, image, {"app:1"}, {}, nullptr, LoadMethod::automatic);
  CHECK(pulling.daemon.archives().size() == 1);
  CHECK(pulling.pulled.empty());
}

TEST_CASE("images of an old engine are asked for without what it does not know") {
  FakeDaemon daemon({.api = "", .old_api = "1.24"});
  CHECK(load(daemon, layered_image({"a"}), {"app:1"}).report.layers_sent == 1);
}

}  // namespace load_test
