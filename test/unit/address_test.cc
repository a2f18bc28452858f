#include "places/address.h"

#include <doctest/doctest.h>

namespace address_test {

using namespace n2c;

namespace {

using Kind = Address::Kind;

/// What the text means, written out in full; or why it means nothing.
std::string meaning(std::string_view text) {
  const auto address = Address::parse(text);
  return address ? address->str() : "error: " + address.error();
}

constexpr std::string_view digest =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

}  // namespace

TEST_CASE("a bare reference is a registry's, with Docker's defaults") {
  CHECK(meaning("app") == "docker://docker.io/library/app:latest");
  CHECK(meaning("ghcr.io/acme/app:1") == "docker://ghcr.io/acme/app:1");
  CHECK(meaning("docker://127.0.0.1:5000/app:1") == "docker://127.0.0.1:5000/app:1");
  CHECK(Address::parse("ghcr.io/acme/app:1")->kind == Kind::registry);
}

TEST_CASE("each of skopeo's transports is understood") {
  CHECK(meaning("docker-daemon:app:1") == "docker-daemon:docker.io/library/app:1");
  CHECK(meaning("containers-storage:app:1") == "containers-storage:docker.io/library/app:1");
  CHECK(meaning("oci:out") == "oci:out");
  CHECK(meaning("oci:out/a:1.0") == "oci:out/a:1.0");
  CHECK(meaning("oci-archive:/tmp/a.tar:v1") == "oci-archive:/tmp/a.tar:v1");
  CHECK(meaning("docker-archive:a.tar") == "docker-archive:a.tar");
  CHECK(meaning("docker-archive:a.tar:app:1") == "docker-archive:a.tar:docker.io/library/app:1");
  CHECK(meaning("dir:/tmp/with:colon") == "dir:/tmp/with:colon");
}

TEST_CASE("a layout's image is named by tag, by digest or by a whole reference") {
  const auto by_digest = Address::parse("oci:out@" + std::string(digest));
  REQUIRE(by_digest);
  CHECK(by_digest->path == "out");
  CHECK(by_digest->tag.empty());
  CHECK(by_digest->digest->str() == digest);
  CHECK(Address::parse("oci:out:ghcr.io/acme/app:1")->tag == "ghcr.io/acme/app:1");
  CHECK(meaning("oci:out:a b") == "error: not a tag: \"a b\"");
}

TEST_CASE("a dash is a docker-archive on standard output, or on standard input as a source") {
  const auto address = Address::parse("-");
  REQUIRE(address);
  CHECK(address->kind == Kind::docker_archive);
  CHECK(address->is_standard_output());
  CHECK(Address::parse("docker-archive:-:app:1")->is_standard_output());
  CHECK(Address::parse("oci-archive:-")->is_standard_output());
  CHECK_FALSE(Address::parse("oci:-"));
  CHECK_FALSE(Address::parse("dir:-"));
  CHECK(Address::parse_source("-")->kind == Kind::docker_archive);
  CHECK(Address::parse_source("docker-archive:-:app:1")->reference->repository.path ==
        "library/app");
  CHECK(Address::parse_source("oci-archive:-").error() ==
        "only a docker-archive can be read from standard input");
  CHECK(Address::parse_source("docker-archive:/dev/stdout").error() ==
        "an image cannot be read from standard output");
}

TEST_CASE("a source that looks like a file is an image.json") {
  CHECK(Address::parse_source("image.json")->kind == Kind::image_json);
  CHECK(Address::parse_source("./result")->kind == Kind::image_json);
  CHECK(Address::parse_source("/nix/store/x-image-app.json")->path ==
        "/nix/store/x-image-app.json");
  CHECK(Address::parse_source("nix:result")->path == "result");
  CHECK(Address::parse_source("bash:5")->kind == Kind::registry);
  CHECK(Address::parse_source("oci:a.json")->kind == Kind::oci_layout);
}

TEST_CASE("an address that cannot be meant is refused with the forms that can") {
  CHECK(meaning("oci:") == "error: the path is missing");
  CHECK(meaning("docker-archive::app:1") == "error: the path is missing");
  CHECK(meaning("./out") ==
        "error: a path needs to say what is there: oci:PATH, oci-archive:PATH, "
        "docker-archive:PATH or dir:PATH");
  CHECK_FALSE(Address::parse("docker-daemon:app@" + std::string(digest)));
  CHECK_FALSE(Address::parse("docker://UPPER/Case:tag:tag"));
}

}  // namespace address_test
