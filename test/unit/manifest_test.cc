#include "oci/manifest.h"

#include <doctest/doctest.h>

#include "oci/config.h"

namespace manifest_test {

using namespace n2c;
using namespace n2c::oci;

namespace {

const std::string hex_a(64, 'a');
const Digest digest_a = *Digest::parse("sha256:" + hex_a);

std::string descriptor_json(std::string_view type) {
  return R"({"mediaType":")" + std::string(type) + R"(","digest":"sha256:)" + hex_a +
         R"(","size":7})";
}

Manifest manifest_of_one() {
  return {.config = {std::string(media_type::config), digest_a, 7},
          .layers = {{std::string(media_type::layer_tar), digest_a, 7}}};
}

}  // namespace

TEST_CASE("an OCI manifest is written in the order of A2.1 and read back") {
  const std::string json = manifest_of_one().to_json();
  CHECK(json == R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
                R"("config":)" +
                    descriptor_json(media_type::config) + R"(,"layers":[)" +
                    descriptor_json(media_type::layer_tar) + "]}");
  const auto back = Manifest::from_json(json);
  REQUIRE(back);
  CHECK(back->layers == manifest_of_one().layers);
  CHECK(back->to_json() == json);
}

TEST_CASE("a manifest without layers says [] and null is read as none") {
  Manifest manifest = manifest_of_one();
  manifest.layers.clear();
  CHECK(manifest.to_json().ends_with(R"("layers":[]})"));
  CHECK(Manifest::from_json(R"({"schemaVersion":2,"config":)" + descriptor_json("x") +
                            R"(,"layers":null})")
            ->layers.empty());
}

TEST_CASE("Docker's manifest has the size before the digest (A8.7)") {
  Manifest manifest = manifest_of_one();
  manifest.media_type = media_type::docker_manifest;
  CHECK(manifest.to_json().find(R"("size":7,"digest":"sha256:aaaa)") != std::string::npos);
}

TEST_CASE("a manifest's error names the field") {
  const auto error = [](const std::string& layers) {
    return Manifest::from_json(R"({"schemaVersion":2,"config":)" + descriptor_json("x") +
                               R"(,"layers":)" + layers + "}")
        .error();
  };
  CHECK(error(R"([{"mediaType":"t","digest":"sha256:..","size":1}])")
            .starts_with("layers[0].digest"));
  CHECK(error("[{}]") == "layers[0].digest: missing");
  CHECK(error("[null]") == "layers[0].digest: missing");
  CHECK(error(R"([{"digest":"sha256:)" + hex_a + R"(","size":-1}])").starts_with("layers[0].size"));
  CHECK(
      error(R"([{"size":1.5}])").starts_with("layers[0].size: an integer is due, and this is 1.5"));
  CHECK(Manifest::from_json("{}").error().starts_with("schemaVersion 0"));
  CHECK(Manifest::from_json(R"({"schemaVersion":2})").error() == "config: missing");
  CHECK_FALSE(Manifest::from_json("null").has_value());
}

TEST_CASE("a document that is manifest and index at once is refused") {
  CHECK(Manifest::from_json(R"({"schemaVersion":2,"manifests":[],"layers":[]})").error() ==
        "both a manifest and an index");
  CHECK_FALSE(Index::from_json(R"({"schemaVersion":2,"manifests":[],"layers":[]})").has_value());
  CHECK(
      Manifest::from_json(R"({"schemaVersion":2,"manifests":[]})").error().starts_with("an index"));
}

TEST_CASE("an index finds the image of a platform") {
  Index index;
  for (const std::string_view arch : {"amd64", "arm64/v8"}) {
    Descriptor one{std::string(media_type::manifest), digest_a, arch.size()};
    one.platform = *Platform::parse("linux/" + std::string(arch));
    index.manifests.push_back(one);
  }
  const auto back = Index::from_json(index.to_json());
  REQUIRE(back);
  CHECK(back->manifests == index.manifests);
  CHECK(back->find(*Platform::parse("linux/arm64"))->size == 8);
  CHECK(back->find(*Platform::parse("linux/arm64/v7")) == nullptr);
  CHECK(back->find(*Platform::parse("windows/amd64")) == nullptr);
}

TEST_CASE("of an index the exact variant is chosen first, then what is compatible (#19)") {
  const auto chosen = [](const std::vector<std::string>& listed, const std::string& asked) {
    Index index;
    for (const std::string& one : listed) {
      index.manifests.push_back({std::string(media_type::manifest), digest_a, 7});
      index.manifests.back().platform = *Platform::parse("linux/" + one);
    }
    const Descriptor* found = index.find(*Platform::parse("linux/" + asked));
    return found == nullptr ? "none" : found->platform->str().substr(6);
  };
  CHECK(chosen({"amd64/v3", "amd64"}, "amd64") == "amd64");
  CHECK(chosen({"amd64/v3", "amd64/v1", "amd64/v2"}, "amd64") == "amd64/v1");
  CHECK(chosen({"amd64/v3", "amd64/v2"}, "amd64") == "amd64/v2");
  CHECK(chosen({"amd64", "amd64/v3"}, "amd64/v3") == "amd64/v3");
  CHECK(chosen({"amd64", "amd64/v2", "amd64/v4"}, "amd64/v3") == "amd64/v2");
  CHECK(chosen({"amd64/v4"}, "amd64/v3") == "none");
  CHECK(chosen({"arm/v6", "arm/v7"}, "arm") == "arm/v7");
  CHECK(chosen({"arm/v5", "arm/v6"}, "arm") == "arm/v6");
  CHECK(chosen({"arm/v5", "arm/v6"}, "arm/v7") == "arm/v6");
  CHECK(chosen({"arm/v7"}, "arm/v6") == "none");
  CHECK(chosen({"arm", "arm/v5"}, "arm/v6") == "arm/v5");
  CHECK(chosen({"arm64"}, "arm64/v8") == "arm64");
  CHECK(chosen({"arm64", "arm64/v8"}, "arm64/v8") == "arm64/v8");
  CHECK(chosen({"arm64/v8", "arm64"}, "arm64") == "arm64");
  CHECK(chosen({"arm64/v8", "arm64/v9"}, "arm64") == "arm64/v8");
  CHECK(chosen({"arm64/v8"}, "arm64/v8.2") == "arm64/v8");
  CHECK(chosen({"riscv64/rva20u64"}, "riscv64") == "riscv64/rva20u64");
  CHECK(chosen({"riscv64/rva20u64"}, "riscv64/rva23u64") == "none");
  CHECK(chosen({"arm64"}, "arm/v7") == "none");
}

TEST_CASE("members that have no use here are kept: subject, urls, data, os.version (#19)") {
  const std::string subject =
      R"({"mediaType":"m","digest":"sha256:)" + hex_a + R"(","size":7,"artifactType":"x/y"})";
  const std::string manifest =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)" +
      descriptor_json("c") + R"(,"layers":[{"mediaType":"l","digest":"sha256:)" + hex_a +
      R"(","size":7,"annotations":{"a":"b"},"urls":["https://example.invalid/"],"data":"e30="}],)" +
      R"("annotations":{"c":"d"},"artifactType":"x/z","subject":)" + subject + "}";
  CHECK(Manifest::from_json(manifest)->to_json() == manifest);
  CHECK(subject_of(manifest) == digest_a);
  CHECK_FALSE(subject_of(R"({"subject":{}})"));
  const std::string index =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":)"
      R"([{"mediaType":"m","digest":"sha256:)" +
      hex_a +
      R"(","size":7,"platform":{"architecture":"amd64","os":"windows","os.version":"10.0"},)"
      R"("artifactType":"x/y"}],"subject":)" +
      subject + "}";
  CHECK(Index::from_json(index)->to_json() == index);
}

TEST_CASE("platforms have two or three parts") {
  CHECK(Platform::parse("linux/arm64/v8")->str() == "linux/arm64/v8");
  for (const std::string_view text : {"", "linux", "linux/", "/x", "a/b/c/d", "a//b"}) {
    CHECK_FALSE(Platform::parse(text).has_value());
  }
}

TEST_CASE("a config has Go's order and omissions (A4)") {
  Config config{.created = "2024-05-13T09:31:10Z", .platform = {.architecture = "amd64"}};
  config.container.env = {"A=<1>&2"};
  config.container.entrypoint = {"/bin/tool"};
  config.container.labels = {{"b", "2"}, {"a", "1"}};
  config.diff_ids = {digest_a};
  config.history = {{.created_by = "nix2container"}};
  CHECK(
      config.to_json() ==
      R"({"created":"2024-05-13T09:31:10Z","architecture":"amd64","os":"linux","config":)"
      R"({"Env":["A=\u003c1\u003e\u00262"],"Entrypoint":["/bin/tool"],"Labels":{"a":"1","b":"2"}},)"
      R"("rootfs":{"type":"layers","diff_ids":["sha256:)" +
          hex_a + R"("]},"history":[{"created_by":"nix2container"}]})");
  CHECK(Config{}.to_json() ==
        R"({"architecture":"","os":"linux","config":{},"rootfs":{"type":"","diff_ids":null}})");
}

TEST_CASE("an image config keeps what OCI knows, in order, and merges duplicate maps (C5.1)") {
  ContainerConfig config;
  const auto json = go::Json::parse(
      R"({"labels":{"a":"1"},"CMD":["c"],"entrypoint":[],"Healthcheck":{},"Volumes":{"/v":{"x":1}},
          "exposedports":{"80/tcp":null},"user":"u","Labels":{"b":null},"WorkingDir":"/w",
          "StopSignal":"INT","ArgsEscaped":true,"Env":null})");
  CHECK_FALSE(config.decode(*json, DockerKeys::passed_over));
  CHECK(config.to_json().compact() ==
        R"({"User":"u","ExposedPorts":{"80/tcp":{}},"Cmd":["c"],"Volumes":{"/v":{}},)"
        R"("WorkingDir":"/w","Labels":{"a":"1","b":""},"StopSignal":"INT","ArgsEscaped":true})");
  CHECK(
      config.decode(*go::Json::parse(R"({"Volumes":{"/v":1}})"), DockerKeys::passed_over)->str() ==
      "Volumes./v: an empty object is due, and this is 1");
}

TEST_CASE("of a foreign config only its diff_ids are required (G2.5)") {
  const auto facts = read_config_facts(
      R"({"created":"bad","architecture":"arm64","rootfs":{"diff_ids":["sha256:)" + hex_a +
      R"("]}})");
  REQUIRE(facts);
  CHECK(facts->diff_ids == std::vector{digest_a});
  CHECK(facts->platform.str() == "linux/arm64");
  CHECK(read_config_facts("{}").error() == "rootfs.diff_ids: missing");
  CHECK_FALSE(read_config_facts(R"({"rootfs":{"diff_ids":["sha256:1"]}})").has_value());
}

}  // namespace manifest_test
