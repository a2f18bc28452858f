/// Empty values at the command line, as of a variable that is not set.

#include <doctest/doctest.h>

#include "base/text.h"
#include "test/golden/desk.h"

namespace empty_values_test {

using namespace n2c;
using test::Desk;

TEST_CASE("an option of a variable that is not set is refused before anything is done (#22)") {
  const Desk desk;
  for (const std::string_view option :
       {"--sign-with", "--attach", "--digest-file", "--auth-file", "--ca-file", "--client-cert",
        "--creds", "--registry-token", "--compression", "--chunk-size", "--label", "--tag",
        "--summary", "--package-info", "--own-name"}) {
    for (const std::string_view value : {" \"\"", "=", "=' '"}) {
      CAPTURE(option);
      const ProgramEnd end = desk.run(cat("push image.json oci:out ", option, value));
      CAPTURE(end.messages);
      CHECK(end.exit_code == 2);
      CHECK(end.messages.contains(": it is empty\nhint: perhaps a variable is not set"));
      CHECK_FALSE(desk.holds("out"));
    }
  }
  struct Row {
    std::string_view words, first;
  };
  const Row rows[] = {
      {"push image.json oci:out --sbom=", "--sbom: it is empty"},
      {"push --sbom= image.json oci:out", "--sbom: it is empty"},
      {"push image.json oci:out --dry-run=", "--dry-run: it is empty"},
      {"copy ./image.json oci:out --referrers=", "--referrers: it is empty"},
      {"copy ./image.json oci:out --dest-auth-file ''", "--dest-auth-file: it is empty"},
      {"verify image.json ''", "REFERENCE: it is empty"},
      {"pull oci:layout out ''", ""},
      {"serve --listen 127.0.0.1:0 --htpasswd ''", "--htpasswd: it is empty"},
      {"--debug= tags 127.0.0.1:1/a", "--debug: it is empty"},
  };
  for (const auto& [words, first] : rows) {
    CAPTURE(words);
    const ProgramEnd end = desk.run(words);
    CAPTURE(end.messages);
    CHECK(end.exit_code == 2);
    CHECK(end.messages.starts_with(cat("n2c: ", first)));
    CHECK_FALSE(desk.holds("out"));
  }
  // A variable of the environment, and upstream's commands, mean nothing by an empty one.
  CHECK(desk.run_with("N2C_AUTH_FILE=", "push image.json oci:out").exit_code == 0);
  CHECK(desk.run("image made.json config.json layers.json --from-image ''").exit_code == 0);
}

}  // namespace empty_values_test
