#include "describe/config_keys.h"

#include <doctest/doctest.h>

#include <string>

namespace config_keys_test {

using namespace n2c;

TEST_CASE(
    "each key that an image's config leaves out is named, with the one that may be meant (#19)") {
  const auto told = [](const char* json, oci::DockerKeys docker = oci::DockerKeys::passed_over) {
    return left_out_keys(*go::Json::parse(json), docker);
  };
  const auto first = [&](const std::string& key) {
    const auto all = told(("{\"" + key + "\": 1}").c_str());
    REQUIRE(all.size() == 1);
    return all.front();
  };
  CHECK(told(R"({"Cmd":[],"entrypoint":[],"ENV":[],"ArgsEscaped":true})").empty());
  CHECK(first("Healtcheck").ends_with("no such key; did you mean Healthcheck?"));
  CHECK(first("Entrypont").ends_with("did you mean Entrypoint?"));
  CHECK(first("Workdir").ends_with("did you mean WorkingDir?"));
  CHECK(first("evn").ends_with("did you mean Env?"));
  CHECK(first("Label").ends_with("did you mean Labels?"));
  CHECK(first("nonsense") == "nonsense: left out: an image's config has no such key");
  CHECK(first("healthcheck") ==
        "healthcheck: left out, as nix2container does: Docker's config has it, and OCI's does "
        "not; --keep-docker-keys keeps it");
  constexpr auto dockers = R"({"OnBuild":[],"Shell":[],"StopTimeout":1,"Healthcheck":{}})";
  CHECK(told(dockers).size() == 4);
  CHECK(told(dockers, oci::DockerKeys::kept).empty());
  CHECK(first("hostname") == "hostname: left out: it is of a container and not of an image");
  CHECK(first("a\\u001b").find('\x1b') == std::string::npos);
  CHECK(told("[]").empty());
}

TEST_CASE(
    "of very many keys that a config leaves out fifty are named, and the rest counted (#23)") {
  std::string json = "{\"Cmd\":[]";
  for (int i = 0; i < 1000; ++i) json += ",\"k" + std::to_string(i) + "\":0";
  const auto told = left_out_keys(*go::Json::parse(json + "}"), oci::DockerKeys::passed_over);
  REQUIRE(told.size() == 51);
  CHECK(told.back() == "and 950 more keys: left out");
}

}  // namespace config_keys_test
