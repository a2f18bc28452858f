#include "describe/config_merge.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/text.h"

namespace config_merge_test {

using namespace n2c;

namespace {

using Texts = std::vector<std::string>;

auto base_of(std::string_view json, std::size_t layers) {
  return or_throw(read_base_config(json, layers), ErrorKind::internal, "base config");
}

oci::ContainerConfig config_of(std::string_view json) {
  return base_of(cat(R"({"rootfs":{"type":"layers","diff_ids":[]},"config":)", json, "}"), 0)
      .container;
}

std::string merged(std::string_view base, std::string_view own) {
  return merge_configs(config_of(base), config_of(own)).to_json().compact();
}

}  // namespace

TEST_CASE("an empty entrypoint of the image's own clears the base's, whose command stays") {
  CHECK(merged(R"({"Entrypoint":["/e"],"Cmd":["c"]})", R"({"Entrypoint":[]})") ==
        R"({"Cmd":["c"]})");
  CHECK(merged(R"({"Entrypoint":["/e"],"Cmd":["c"]})", "{}") ==
        R"({"Entrypoint":["/e"],"Cmd":["c"]})");
}

TEST_CASE("variables of the base keep their place, take own values, and new ones come behind") {
  CHECK(merged(R"({"Env":["PATH=/bin","HOME=/","EMPTY"]})", R"({"Env":["NEW=1","PATH=/nix"]})") ==
        R"({"Env":["PATH=/nix","HOME=/","EMPTY","NEW=1"]})");
  CHECK(merged(R"({"Env":["A=1"]})", "{}") == R"({"Env":["A=1"]})");
  CHECK(merged("{}", R"({"Env":["A=1","A=2"]})") == R"({"Env":["A=1","A=2"]})");
}

TEST_CASE("an own entrypoint puts away the base's command, an own command keeps the entrypoint") {
  constexpr auto base = R"({"Entrypoint":["/entry"],"Cmd":["serve"]})";
  CHECK(merged(base, "{}") == base);
  CHECK(merged(base, R"({"Cmd":["check"]})") == R"({"Entrypoint":["/entry"],"Cmd":["check"]})");
  CHECK(merged(base, R"({"Entrypoint":["/own"]})") == R"({"Entrypoint":["/own"]})");
  CHECK(merged(base, R"({"Entrypoint":["/own"],"Cmd":["x"]})") ==
        R"({"Entrypoint":["/own"],"Cmd":["x"]})");
}

TEST_CASE("labels, ports and volumes are united, and single values are own where set") {
  CHECK(merged(R"({"User":"app","ExposedPorts":{"80/tcp":{}},"Volumes":{"/data":{}},)"
               R"("WorkingDir":"/srv","Labels":{"a":"base","b":"base"},"StopSignal":"SIGINT"})",
               R"({"User":"root","ExposedPorts":{"443/tcp":{}},"Labels":{"b":"own","c":"own"}})") ==
        R"({"User":"root","ExposedPorts":{"443/tcp":{},"80/tcp":{}},"Volumes":{"/data":{}},)"
        R"("WorkingDir":"/srv","Labels":{"a":"base","b":"own","c":"own"},"StopSignal":"SIGINT"})");
}

TEST_CASE("a health check is merged member by member, and the base's where there is none (#18)") {
  constexpr auto base = R"({"Healthcheck":{"Test":["CMD","/check"],"Interval":5000000000,)"
                        R"("Retries":3,"Later":{"a":1}}})";
  CHECK(merged(base, "{}") == base);
  CHECK(merged(base, R"({"healthcheck":{"retries":9,"StartPeriod":1000000}})") ==
        R"({"Healthcheck":{"Test":["CMD","/check"],"Interval":5000000000,"StartPeriod":1000000,)"
        R"("Retries":9,"Later":{"a":1}}})");
  CHECK(merged("{}", R"({"Healthcheck":{"Test":["NONE"]}})") ==
        R"({"Healthcheck":{"Test":["NONE"]}})");
  CHECK(merged(base, R"({"Healthcheck":null})") == base);
}

TEST_CASE("an own ArgsEscaped stays, with the base's command too (#18)") {
  CHECK(merged(R"({"Cmd":["c"]})", R"({"ArgsEscaped":true})") ==
        R"({"Cmd":["c"],"ArgsEscaped":true})");
  CHECK(merged(R"({"Cmd":["c"],"ArgsEscaped":true})", R"({"Cmd":["d"]})") == R"({"Cmd":["d"]})");
}

TEST_CASE("Shell and StopTimeout are own where set, and OnBuild is the image's own (#18)") {
  constexpr auto base = R"({"OnBuild":["RUN a"],"Shell":["/bin/ash","-c"],"StopTimeout":30})";
  CHECK(merged(base, "{}") == R"({"Shell":["/bin/ash","-c"],"StopTimeout":30})");
  CHECK(merged(base, R"({"OnBuild":["RUN b"],"Shell":["/bin/sh"],"StopTimeout":0})") ==
        R"({"OnBuild":["RUN b"],"Shell":["/bin/sh"],"StopTimeout":0})");
}

TEST_CASE("a health check that no engine would run is refused with what belongs there (#18)") {
  const auto fault = [](const std::string& check) {
    const auto config = config_of("{\"Healthcheck\":" + check + "}");
    return find_fault(config.docker).value_or("");
  };
  CHECK(fault(R"({"Test":["CMD-SHELL","true"],"Interval":1000000})") == "");
  CHECK(fault(R"({"Test":[]})") == "");
  CHECK(fault(R"({"Timeout":30})") ==
        "Healthcheck.Timeout: 30 nanoseconds, and Docker takes no less than 1000000; a second is "
        "1000000000");
  CHECK(fault(R"({"Test":["curl","-f"]})").starts_with("Healthcheck.Test: begins with \"curl\""));
  CHECK(fault(R"({"Retries":-1})") == "Healthcheck.Retries: -1 is negative");
  CHECK(fault(R"({"Every":1})").starts_with("Healthcheck.Every: no engine knows this key"));
}

TEST_CASE("an old config's Cmd and Entrypoint may be a string") {
  const auto config = config_of(R"({"Cmd":"bash","entrypoint":"/entry"})");
  CHECK(config.cmd == Texts{"bash"});
  CHECK(config.entrypoint == Texts{"/entry"});
}

TEST_CASE("history is kept with its entries without a layer, and filled up to one for each layer") {
  const auto base =
      base_of(R"({"architecture":"arm64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},)"
              R"("config":null,"history":[{"created":"2024-01-01T00:00:00Z","created_by":"ADD"},)"
              R"({"created_by":"ENV","empty_layer":true},{"created_by":"RUN"}]})",
              3);
  REQUIRE(base.history.size() == 4);
  CHECK(base.history[0].created == "2024-01-01T00:00:00Z");
  CHECK(base.history[1].created_by == "ENV");
  CHECK(base.history[2].created_by == "RUN");
  CHECK(base.history[3] == oci::History{});
  CHECK(base.platform.architecture == "arm64");
}

TEST_CASE("a config that cannot be understood says which member is wrong") {
  const auto wrong = [](std::string_view json) {
    const auto base = read_base_config(json, 1);
    return base ? "" : base.error();
  };
  CHECK(wrong(R"({"rootfs":{"diff_ids":[]},"config":{"Env":"x"}})").find("config.Env") !=
        std::string::npos);
  CHECK(wrong(R"({"rootfs":{"diff_ids":[]},"history":5})").find("history") != std::string::npos);
  CHECK(wrong("{}") != "");
  CHECK(wrong("") != "");
}

}  // namespace config_merge_test
