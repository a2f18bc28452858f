#include "describe/base_image.h"

#include <doctest/doctest.h>

#include "base/file.h"
#include "base/text.h"
#include "test/support/check_fails.h"

namespace base_image_test {

using namespace n2c;

namespace {

constexpr std::string_view docker_gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";

const std::string config_hex(64, 'c');
const std::string layer_hex(64, '1');
const std::string diff_id = "sha256:" + std::string(64, 'd');

std::string manifest_json(std::string_view layer_type) {
  return cat(R"({"schemaVersion":2,"config":{"mediaType":"c","digest":"sha256:)", config_hex,
             R"(","size":1},"layers":[{"mediaType":")", layer_type, R"(","digest":"sha256:)",
             layer_hex, R"(","size":7}]})");
}

std::string config_json(const std::string& diff_ids) {
  return R"({"created":"bad","rootfs":{"diff_ids":[)" + diff_ids + "]}}";
}

/// A folder as skopeo's dir: transport writes it.
struct DirImage {
  TemporaryFolder folder;
  std::vector<std::string> log;

  explicit DirImage(std::string_view layer_type = docker_gzip,
                    const std::string& diff_ids = '"' + diff_id + '"') {
    write_file(folder.path() / "manifest.json", manifest_json(layer_type));
    write_file(folder.path() / config_hex, config_json(diff_ids));
  }
  std::string dir() const { return folder.path().string(); }
  ImageRecord read() {
    return image_from_dir(dir(), {}, [&](std::string_view line) { log.emplace_back(line); });
  }
  std::string error() {
    try {
      read();
      return "none";
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::input);
      return error.message();
    }
  }
};

}  // namespace

TEST_CASE("a dir: folder gives layers with their files and OCI media types (G2)") {
  DirImage image;
  CHECK(image_json(image.read()) == cat(R"({
	"version": 1,
	"image-config": {},
	"layers": [
		{
			"digest": "sha256:)",
                                        layer_hex, R"(",
			"size": 0,
			"diff_ids": ")",
                                        diff_id, R"(",
			"mediatype": "application/vnd.oci.image.layer.v1.tar+gzip",
			"layer-path": ")",
                                        image.dir(), "/", layer_hex, R"(",
			"History": {}
		}
	],
	"arch": "",
	"created": null
})"));
  CHECK(image.log == std::vector<std::string>{cat("Adding tar file '", image.dir(), "/", layer_hex,
                                                  "' as image layer")});
}

TEST_CASE("layers of other kinds are refused by their media type (G2.2)") {
  CHECK(DirImage("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip").error() ==
        "unsupported media type: \"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\"");
  CHECK(DirImage("").error() == "unsupported media type: \"\"");
}

TEST_CASE("what makes upstream panic is an error that names the file and the key (G2.4)") {
  DirImage fewer(docker_gzip, "");
  CHECK(fewer.error() == cat(fewer.dir(), "/", config_hex, ": rootfs.diff_ids: 0 for 1 layers in ",
                             fewer.dir(), "/manifest.json"));
  DirImage no_rootfs;
  write_file(no_rootfs.folder.path() / config_hex, "{}");
  CHECK(no_rootfs.error().ends_with(": rootfs.diff_ids: missing"));
  DirImage index;
  write_file(index.folder.path() / "manifest.json", R"({"schemaVersion":2,"manifests":[]})");
  CHECK(index.error().find("an index of several images") != std::string::npos);
  DirImage traversal;
  write_file(traversal.folder.path() / "manifest.json",
             R"({"schemaVersion":2,"config":{"digest":"sha256:../../etc/passwd","size":1}})");
  CHECK(traversal.error().find("config.digest: invalid digest") != std::string::npos);
  TemporaryFolder empty;
  CHECK_FAILS(image_from_dir(empty.path().string(), {}, [](std::string_view) {}), ErrorKind::input,
              "manifest.json: No such file or directory");
}

TEST_CASE("a manifest and a map of blobs give the map's files, and each blob must be in it (G3)") {
  DirImage image;
  const std::string blobs = (image.folder.path() / "blobs.json").string();
  const auto read = [&](const std::string& map) {
    write_file(blobs, map);
    return image_from_manifest(image.dir() + "/manifest.json", blobs, {}, [](std::string_view) {});
  };
  const std::string config_entry = cat('"', config_hex, "\":\"", image.dir(), "/", config_hex, '"');
  const auto record = read(cat("{", config_entry, ",\"", layer_hex, "\":\"some/file\"}"));
  CHECK(record.layers->front().layer_path == "some/file");
  CHECK_FAILS(read(cat("{", config_entry, "}")), ErrorKind::input,
              "blobs.json: no file for blob 1111");
  CHECK_FAILS(read("null"), ErrorKind::input, "blobs.json: no file for blob cccc");
  CHECK_FAILS(read(cat("{", config_entry, ",\"", layer_hex, "\":1}")), ErrorKind::input,
              "a string is due, and this is 1");
}

}  // namespace base_image_test
