/// Variables N2C_… that are no setting (issue #21).

#include <doctest/doctest.h>

#include <string>

#include "test/golden/desk.h"

namespace variables_test {

using namespace n2c;
using test::Desk;

TEST_CASE(
    "a variable that may be a mistyped setting is reported, and a script's own is not (#21)") {
  const Desk desk;
  const auto said = [&](std::string_view variable, std::string_view words) {
    return desk.run_with(variable, words).messages;
  };
  const std::string_view push = "push image.json oci:out -q";
  CHECK(said("N2C_RETRIE=1", push) ==
        "n2c: N2C_RETRIE is not a setting; did you mean N2C_RETRY?\n");
  CHECK(said("N2C_INSECURE=1", push).contains("did you mean N2C_INSECURE_SKIP_TLS_VERIFY?"));
  for (const std::string_view own : {"N2C_TEST_LONG=1", "N2C_PEERS=1", "N2C_IMAGE=a", "N2C_TAG=b",
                                     "N2C_VERSION=1", "N2C_REFERENCE=c", "N2C_RETRIE="}) {
    INFO(own);
    CHECK(said(own, push).empty());
  }
  CHECK_FALSE(said("N2C_RETRIE=1", "image out.json config.json").contains("N2C_RETRIE"));
  CHECK(said("N2C_RETRIE=1", "completion bash").empty());
  const std::string variables = "N2C_RETRIE=1 N2C_PEERS=secret N2C_REFERENCE=c";
  const std::string shown = desk.run_with(variables, "config").output;
  CHECK(
      shown.ends_with("\nN2C_PEERS is not a setting\n"
                      "N2C_RETRIE is not a setting; did you mean N2C_RETRY?\n"));
  CHECK_FALSE(shown.contains("secret"));
  const std::string json = desk.run_with(variables, "config --json").output;
  CHECK(json.contains("\"nearest\": \"N2C_RETRY\""));
  CHECK(json.contains("\"nearest\": null"));
}

}  // namespace variables_test
