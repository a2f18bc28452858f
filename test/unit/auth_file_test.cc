#include "registry/client/auth_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <map>

#include "base/file.h"
#include "registry/client/base64.h"
#include "test/support/fixtures.h"

using namespace n2c;
using namespace n2c::registry;

namespace {

AuthFile load(std::string_view file) { return AuthFile::load(test::fixture_path(file), true); }

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("docker's logins are found by host, Docker Hub's under its old key") {
  const AuthFile file = load("auth/docker-config.json");
  CHECK(file.find("docker.io", "library/bash")->username == "hubuser");
  CHECK(file.find("ghcr.io", "acme/app")->password == "ghpass:with:colons");
  CHECK(file.find("azure.example", "x")->identity_token == "refresh-me");
  CHECK(file.find("old.example", "x")->password == "text");
  CHECK_FALSE(file.find("empty.example", "x"));
  CHECK_FALSE(file.find("io", "x"));
  CHECK_FALSE(file.find("evil.ghcr.io", "x"));
  CHECK(file.helper_for("helped.example") == "n2ctest");
  CHECK(file.helper_for("ghcr.io").empty());
}

TEST_CASE("podman's keys may name a repository: the most exact one counts") {
  const AuthFile file = load("auth/podman-auth.json");
  CHECK(file.find("quay.io", "team/app")->username == "repo");
  CHECK(file.find("quay.io", "team/app/sub")->username == "repo");
  CHECK(file.find("quay.io", "team/apple")->username == "team");
  CHECK(file.find("quay.io", "other")->username == "host");
  CHECK(file.find("quay.io", "")->username == "host");
}

TEST_CASE("a broken entry is an error that names the file and shows nothing of the login") {
  const auto file =
      AuthFile::parse(R"({"auths":{"r.example":{"auth":"c2VjcmV0"}}})", "/x/config.json");
  try {
    file->find("r.example", "");
    FAIL("found a login without a colon");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    CHECK(error.message() == "/x/config.json: auth: not USER:PASS");
  }
  CHECK_FALSE(AuthFile::parse("[]", "x"));
  CHECK_FALSE(AuthFile::parse("{", "x"));
}

TEST_CASE(
    "a login is written where docker looks for it, for the owner alone, beside what was there") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "new" / "config.json";
  AuthFile file = *AuthFile::parse(test::fixture("auth/docker-config.json"), path);
  file.set("docker.io", {.username = "me", .password = "pw"});
  file.save();
  CHECK(mode_of(path) == 0600);
  const AuthFile again = AuthFile::load(path);
  CHECK(again.find("docker.io", "")->username == "me");
  CHECK(again.find("ghcr.io", "")->username == "ghuser");
  const std::string text = read_file(path, 1 << 20);
  CHECK(text.find("https://index.docker.io/v1/") != std::string::npos);
  CHECK(text.find("currentContext") != std::string::npos);
}

TEST_CASE("a login that is erased is gone, and says whether it was there") {
  AuthFile file = load("auth/docker-config.json");
  CHECK(file.erase("docker.io"));
  CHECK_FALSE(file.find("docker.io", ""));
  CHECK_FALSE(file.erase("docker.io"));
}

TEST_CASE("logins are looked for where docker and podman keep them") {
  const auto named = find_auth_places("/my/auth.json", environment({{"HOME", "/h"}}));
  CHECK(named.files == std::vector<std::filesystem::path>{"/my/auth.json"});
  CHECK(named.must_exist);
  const auto variable = find_auth_places(
      {}, environment({{"REGISTRY_AUTH_FILE", "/r.json"}, {"DOCKER_CONFIG", "/d"}}));
  CHECK(variable.files == std::vector<std::filesystem::path>{"/r.json"});
  const auto usual = find_auth_places(
      {},
      environment({{"XDG_RUNTIME_DIR", "/run/user/7"}, {"HOME", "/h"}, {"DOCKER_CONFIG", "/d"}}));
  CHECK(usual.files == std::vector<std::filesystem::path>{"/run/user/7/containers/auth.json",
                                                          "/h/.config/containers/auth.json",
                                                          "/d/config.json"});
  const auto home = find_auth_places({}, environment({{"HOME", "/h"}, {"XDG_RUNTIME_DIR", "/r"}}));
  CHECK(home.files.back() == "/h/.docker/config.json");
}

TEST_CASE("the first file that has a login counts; a missing one is passed over") {
  const auto auth = make_file_auth(
      {.files = {"/nonexistent/auth.json", test::fixture_path("auth/podman-auth.json"),
                 test::fixture_path("auth/docker-config.json")}});
  CHECK(auth->find("quay.io", "team/app")->username == "repo");
  CHECK(auth->find("ghcr.io", "x")->source == test::fixture_path("auth/docker-config.json"));
  CHECK_FALSE(auth->find("unknown.example", "x"));
  const auto named = make_file_auth({.files = {"/nonexistent/auth.json"}, .must_exist = true});
  CHECK_THROWS_AS(named->find("quay.io", ""), Error);
}

TEST_CASE("the login of the command line is for the host it names, and for no other") {
  NamedAuth auth({.username = "me", .password = "pw"}, "ghcr.io",
                 make_file_auth({.files = {test::fixture_path("auth/podman-auth.json")}}));
  CHECK(auth.find("ghcr.io", "x")->username == "me");
  CHECK(auth.find("quay.io", "x")->username == "host");
  CHECK_FALSE(auth.find("evil.example", "x"));
}

TEST_CASE("base64 goes both ways, for every length, and refuses what is not base64") {
  for (const std::string text : {"", "a", "ab", "abc", "user:pass", "\xff\x00z"}) {
    CHECK(base64_decode(base64_encode(text)).value() == text);
  }
  CHECK(base64_encode("user:pass") == "dXNlcjpwYXNz");
  CHECK(base64_decode("dXNlcjpwYXM").value() == "user:pas");
  CHECK_FALSE(base64_decode("dXNl*"));
  CHECK_FALSE(base64_decode("d"));
}
