#include "describe/dockertools_conf.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "describe/layer_builder.h"
#include "test/support/check_fails.h"
#include "test/support/temp_store.h"

namespace dockertools_conf_test {

using namespace n2c;
using test::TempStore;

namespace {

/// A conf.json as nixpkgs writes it: numbers are texts, and there is a customisation layer.
std::string conf_json(const std::string& more = "") {
  return R"({"architecture": "arm64", "os": "linux", "config": {"Cmd": ["/bin/sh"], "Env": ["A=1"]},
    "store_dir": "/nix/store", "from_image": null,
    "store_layers": [["/nix/store/a"], [], ["/nix/store/b", "/nix/store/c"]],
    "customisation_layer": "/nix/store/custom", "repo_tag": "app:1",
    "created": "1970-01-01T00:00:01+00:00", "mtime": "1970-01-01T00:00:01+00:00",
    "uid": "0", "gid": "0", "uname": "root", "gname": "root")" +
         more + "}";
}

/// Makes what the conf names.
void fill(const TempStore& store, const std::string& checksum = "") {
  for (const char* name : {"a", "b", "c"}) store.file(std::string("/nix/store/") + name, name);
  const std::string tar(1024, '\0');
  store.file("/nix/store/custom/layer.tar", tar);
  store.file("/nix/store/custom/checksum",
             (checksum.empty() ? oci::Digest::of(tar).hex() : checksum) + "\n");
}

}  // namespace

TEST_CASE("what streamLayeredImage is told becomes an image.json of the same paths and layers") {
  const TempStore store;
  fill(store);
  const auto conf = parse_dockertools_conf(conf_json());
  REQUIRE(conf);
  const ImageRecord image = image_of(*conf, {}, store.view(), {});
  CHECK(image.arch == "arm64");
  CHECK(image.created == "1970-01-01T00:00:01Z");
  CHECK(image.container.cmd->front() == "/bin/sh");
  REQUIRE(image.layers->size() == 3);
  CHECK(image.layers->at(0).paths->size() == 1);
  CHECK(image.layers->at(1).paths->at(1).path == "/nix/store/c");
  CHECK(image.layers->at(2).layer_path == "/nix/store/custom/layer.tar");
  CHECK(image.layers->at(2).digest == oci::Digest::of(std::string(1024, '\0')).str());
  const auto built = build_layers({{{.path = "/nix/store/a"}}}, {.store = store.view()}, {});
  CHECK(image.layers->at(0).digest == built[0].digest);
  CHECK(parse_image_json(image_json(image)));
}

TEST_CASE("an owner other than root is the owner of all files") {
  const auto conf = parse_dockertools_conf(
      conf_json(R"(, "uid": "1000", "gid": 100, "uname": "user", "gname": "users")"));
  REQUIRE(conf);
  const Perm& perm = conf->layers[0][0].options->perms->front();
  CHECK(perm.uid == 1000);
  CHECK(perm.gid == 100);
  CHECK(perm.uname == "user");
}

TEST_CASE("a base image is given as an image.json, whose variables are taken over") {
  const TempStore store;
  fill(store);
  const auto conf = parse_dockertools_conf(conf_json(R"(, "from_image": "/nix/store/base.tar")"));
  REQUIRE(conf);
  CHECK_THROWS_WITH_AS(image_of(*conf, {}, store.view(), {}),
                       "from_image: /nix/store/base.tar is an archive", Error);
  ImageRecord base{.layers = std::vector<LayerRecord>(1)};
  base.container.env = {"PATH=/bin", "A=0"};
  base.container.cmd = {"base"};
  const ImageRecord image = image_of(*conf, base, store.view(), {});
  CHECK(image.layers->size() == 4);
  CHECK(*image.container.env == std::vector<std::string>{"PATH=/bin", "A=1"});
  CHECK(image.container.cmd->front() == "/bin/sh");
}

TEST_CASE("a conf.json that is wrong says where") {
  CHECK(parse_dockertools_conf("{}").error().starts_with("store_layers and customisation_layer"));
  CHECK(parse_dockertools_conf("[]").error().starts_with("an object ("));
  CHECK(parse_dockertools_conf(R"({"store_layers": [["/etc"]]})").error() ==
        R"(store_layers: "/etc" is not in /nix/store/)");
  CHECK(parse_dockertools_conf(conf_json(R"(, "created": "yesterday")"))
            .error()
            .starts_with("created: "));
  CHECK(parse_dockertools_conf(conf_json(R"(, "uid": "me")")).error() == "uid and gid are numbers");
  CHECK(parse_dockertools_conf(conf_json(R"(, "created": "now")")));
  const TempStore store;
  fill(store, std::string(64, 'a'));
  CHECK_FAILS(image_of(*parse_dockertools_conf(conf_json()), {}, store.view(), {}),
              ErrorKind::input, "and its checksum says aaaa");
}

}  // namespace dockertools_conf_test
