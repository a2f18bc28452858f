#include "oci/reference.h"

#include <doctest/doctest.h>

namespace reference_test {

using namespace n2c;
using oci::Reference;

namespace {

const std::string digest = "sha256:" + std::string(64, 'a');

std::string parsed(const std::string& text) {
  const auto reference = Reference::parse(text);
  return reference ? reference->str() : "error";
}

}  // namespace

TEST_CASE("references are completed by Docker's rules") {
  CHECK(parsed("bash") == "docker.io/library/bash:latest");
  CHECK(parsed("bash:5") == "docker.io/library/bash:5");
  CHECK(parsed("acme/app") == "docker.io/acme/app:latest");
  CHECK(parsed("docker.io/bash") == "docker.io/library/bash:latest");
  CHECK(parsed("index.docker.io/bash:5") == "docker.io/library/bash:5");
  CHECK(parsed("ghcr.io/acme/app:1") == "ghcr.io/acme/app:1");
  CHECK(parsed("localhost/app") == "localhost/app:latest");
  CHECK(parsed("localhost:5000/app:1") == "localhost:5000/app:1");
  CHECK(parsed("[::1]:5000/app:1") == "[::1]:5000/app:1");
  CHECK(parsed("[::1]/app") == "[::1]/app:latest");
  CHECK(parsed("REGISTRY/app") == "REGISTRY/app:latest");
}

TEST_CASE("a digest stands alone or with a tag") {
  CHECK(parsed("bash@" + digest) == "docker.io/library/bash@" + digest);
  CHECK(parsed("h.io/a/b:1@" + digest) == "h.io/a/b:1@" + digest);
  CHECK_FALSE(Reference::parse("bash@" + digest)->tag);
}

TEST_CASE("what is no reference is refused") {
  for (const std::string& text : {std::string(),
                                  std::string("/"),
                                  std::string(":1"),
                                  std::string("a:"),
                                  std::string("A"),
                                  std::string("a//b"),
                                  std::string("a/"),
                                  std::string("h.io/"),
                                  std::string("h.io/A"),
                                  std::string("a:.x"),
                                  std::string("a b"),
                                  std::string("a@sha256:12"),
                                  std::string("a@"),
                                  std::string("h.io:0/a"),
                                  std::string("h.io:99999/a"),
                                  std::string("h.io:/a"),
                                  std::string("-h.io/a"),
                                  std::string("a..b/c/d"),
                                  std::string("h.io/a___b"),
                                  std::string("h.io/a._b"),
                                  std::string("h.io/../b"),
                                  std::string("https://h.io/a"),
                                  std::string("[::1/a"),
                                  std::string("h.io/a\n"),
                                  "a:" + std::string(129, 'x'),
                                  "h.io/" + std::string(256, 'x'),
                                  "a@" + digest + "@" + digest}) {
    CAPTURE(text);
    CHECK(parsed(text) == "error");
  }
}

TEST_CASE("a host is a name, an IPv4 address or an IPv6 literal, with a port that can be") {
  for (const std::string host : {"h-1.io", "H.IO", "h.io:1", "h.io:65535", "1.2.3.4", "[a:B::9]"}) {
    CAPTURE(host);
    CHECK(parsed(host + "/a") == host + "/a:latest");
  }
  for (const std::string host : {"h..io", ".io", "h-.io", "h.-io", "h_x.io", "h.io:x", "h.io:65536",
                                 "[]", "[", "[::1]x", "[g::1]", "h.io:1:2", "[::1]:", "H:"}) {
    CAPTURE(host);
    CHECK(Reference::parse(host + "/a").error().find("is not a host") != std::string::npos);
  }
}

TEST_CASE("Docker Hub's own names keep the folders that they have") {
  CHECK(parsed("docker.io/acme/app") == "docker.io/acme/app:latest");
  CHECK(parsed("index.docker.io/acme/app") == "docker.io/acme/app:latest");
}

TEST_CASE(
    "a tag begins with no dot or dash, and holds letters, digits, dots, dashes, underscores") {
  for (const char* tag : {"1", "_x", "A.b-C_9"}) CHECK(oci::is_tag(tag));
  CHECK(oci::is_tag(std::string(128, 'x')));
  for (const char* tag : {"", ".x", "-x", "x y", "x:y", "x{", "x[", "x@", "x/"}) {
    CAPTURE(tag);
    CHECK_FALSE(oci::is_tag(tag));
  }
}

TEST_CASE("no number that is none makes an address of loopback") {
  CHECK_FALSE(oci::is_loopback("127.x.0.1"));
  CHECK_FALSE(oci::is_loopback("127..0.1"));
}

TEST_CASE("the name of a reference is what it was parsed from") {
  const Reference bare{.repository = {"h.io", "a"}, .tag = {}, .digest = {}};
  CHECK(bare.str() == "h.io/a");
}

TEST_CASE("separators in repository paths are dots, underscores and any run of dashes") {
  CHECK(oci::is_repository_path("a.b/c_d/e__f/g---h/0"));
  CHECK_FALSE(oci::is_repository_path("a.-b"));
  CHECK_FALSE(oci::is_repository_path("a-"));
}

TEST_CASE("loopback hosts are told with and without a port") {
  for (const std::string_view host :
       {"localhost", "LocalHost:5000", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:5000"}) {
    CAPTURE(host);
    CHECK(oci::is_loopback(host));
  }
  for (const std::string_view host : {"localhost.evil.com", "128.0.0.1", "127.0.0.1.evil.com",
                                      "127.0.0", "[::2]", "notlocalhost", "127.0.0.256"}) {
    CAPTURE(host);
    CHECK_FALSE(oci::is_loopback(host));
  }
}

}  // namespace reference_test
