#include "image/image_json.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace image_json_test {

using namespace n2c;

namespace {

std::string error_of(std::string_view json) {
  const auto image = parse_image_json(json);
  return image ? "none" : image.error();
}

std::string with_layer(const std::string& layer) {
  return R"({"version":1,"layers":[{},)" + layer + "]}";
}

}  // namespace

TEST_CASE("a layer is written with the keys, order and indentation of upstream (C3)") {
  LayerRecord layer{.digest = "sha256:a", .size = 7, .diff_id = "sha256:b", .media_type = "m"};
  layer.paths = {{.path = "/p", .options = {}},
                 {.path = "/q", .options = PathOptions{.perms = {{{.regex = "r"}}}}}};
  layer.history.created_by = "nix2container";
  CHECK(layers_json({layer}) == R"([
	{
		"digest": "sha256:a",
		"size": 7,
		"diff_ids": "sha256:b",
		"paths": [
			{
				"path": "/p"
			},
			{
				"path": "/q",
				"options": {
					"rewrite": {
						"regex": "",
						"repl": ""
					},
					"perms": [
						{
							"regex": "r",
							"mode": "",
							"uid": 0,
							"gid": 0,
							"uname": "",
							"gname": ""
						}
					]
				}
			}
		],
		"mediatype": "m",
		"History": {
			"created_by": "nix2container"
		}
	}
])");
  CHECK(layers_json({}) == "null");
}

TEST_CASE("what is written is read back the same") {
  LayerRecord layer{.digest = "d", .size = -1, .diff_id = "i", .media_type = "m"};
  layer.layer_path = "/x<y";
  layer.paths = {{.path = "/p", .options = PathOptions{{"^/p", "$1"}, {}}}};
  layer.history.created = "2024-05-13T09:31:10+02:00";
  const auto back = parse_layers_json(layers_json({layer}));
  REQUIRE(back);
  CHECK(layers_json(*back) == layers_json({layer}));
  CHECK(back->front().paths == layer.paths);
  ImageRecord image{
      .layers = std::vector{layer}, .arch = "arm64", .created = "0001-01-01T00:00:00Z"};
  CHECK(image_json(*parse_image_json(image_json(image))) == image_json(image));
  CHECK(image_json(image).find("annotations") == std::string::npos);  // as upstream writes it
  image.annotations = {{"org.opencontainers.image.title", "a <tool>"}};
  CHECK(parse_image_json(image_json(image))->annotations == image.annotations);
}

TEST_CASE("null and [] are both no layers; paths tell nothing from an empty list (A5.2)") {
  CHECK(parse_layers_json("null")->empty());
  CHECK_FALSE(parse_image_json(R"({"version":1,"layers":null})")->layers);
  CHECK(parse_image_json(R"({"version":1,"layers":[]})")->layers->empty());
  CHECK(parse_layers_json(R"([{"paths":[]}])")->front().paths->empty());
  CHECK_FALSE(parse_layers_json(R"([{"paths":null}])")->front().paths);
}

TEST_CASE("errors of an image.json name the keys or the place") {
  CHECK(error_of(with_layer(R"({"size":"x"})")) ==
        "layers[1].size: an integer is due, and this is a string");
  CHECK(error_of(with_layer(R"({"paths":[{"options":{"perms":[{"uid":1.5}]}}]})")) ==
        "layers[1].paths[0].options.perms[0].uid: an integer is due, and this is 1.5");
  CHECK(error_of(R"({"version":1,"image-config":{"entrypoint":"x"}})") ==
        "image-config.entrypoint: a list of strings is due, and this is a string");
  CHECK(error_of(R"({"version":1,"created":"now"})").starts_with("created: \"now\" is not a time"));
  CHECK(
      error_of(R"({"version":1,"layers":[)").starts_with("unexpected end of JSON input at line 1"));
  CHECK(error_of("[]") == "an object (an image) is due, and this is a list");
}

TEST_CASE("versions other than 1 are refused, as is what has none") {
  CHECK(error_of(R"({"version":99})").starts_with("version: 99 where 1 was due"));
  CHECK(error_of("{}").starts_with("version: 0"));
  CHECK(error_of("null").starts_with("version: 0"));
  CHECK(error_of(R"({"version":2})").ends_with("describe the image again with this one"));
}

TEST_CASE("keys of newer writers are refused by name, wherever they would be lost (#18)") {
  constexpr std::string_view why =
      ": this n2c does not know the key: use the n2c or nix2container that wrote it, or describe "
      "the image again with this one";
  CHECK(error_of(R"({"version":1,"platform":{}})") == cat("platform", why));
  CHECK(error_of(with_layer(R"({"ignoreDestination":"x"})")) ==
        cat("layers[1].ignoreDestination", why));
  CHECK(error_of(with_layer(R"({"History":{"by":"x"}})")) == cat("layers[1].History.by", why));
  CHECK(error_of(R"({"version":1,"image-config":{"Volume":{}}})") ==
        cat("image-config.Volume", why));
  CHECK(error_of(R"({"version":1,"history":[{"empty":true}]})") == cat("history[0].empty", why));
  CHECK(parse_layers_json(R"([{"tar":true}])").error() == cat("[0].tar", why));
  CHECK(parse_image_json(R"({"version":1,"image-config":{"healthcheck":{"test":["NONE"]}}})")
            ->container.docker.healthcheck);
}

TEST_CASE("orMode and capabilities are written where they are set (#18)") {
  LayerRecord layer{
      .paths = {{StorePath{.path = "/p",
                           .options = PathOptions{.rewrite = {}, .perms = {{{.regex = "r"}}}}}}}};
  CHECK(layers_json({layer}).find("orMode") == std::string::npos);
  CHECK(layers_json({layer}).find("capabilities") == std::string::npos);
  Perm& perm = layer.paths->front().options->perms->front();
  perm.or_mode = "0222";
  perm.capabilities = "all=ep";
  const auto back = parse_layers_json(layers_json({layer}));
  REQUIRE(back);
  CHECK(back->front().paths == layer.paths);
}

TEST_CASE("keys inside paths and options that are not known are kept in mind") {
  const auto layers = parse_layers_json(
      R"([{"paths":[{"path":"/p","nar":true,"options":{"ignoreDestination":"x",
          "perms":[{"recursive":"0222"}]}}]}])");
  REQUIRE(layers);
  CHECK(layers->front().paths->front().unknown_keys ==
        std::vector<std::string>{"nar", "options.ignoreDestination", "options.perms.recursive"});
  CHECK_THROWS_WITH_AS(require_known_options(*layers->front().paths),
                       "/p: nar: unknown, and the layer must be made by it", Error);
}

TEST_CASE("more than ten thousand layers are refused") {
  std::string json = R"({"version":1,"layers":[{})";
  for (int i = 0; i < 10'000; ++i) json += ",{}";
  CHECK(error_of(json + "]}") == "layers: more than 10000 layers");
}

}  // namespace image_json_test
