/// Helper programs in all states: a note at most, until a login is needed (#19).

#include "registry/client/auth/credential_helper.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <stop_token>
#include <thread>

#include "base/file.h"
#include "base/input_wait.h"
#include "base/text.h"
#include "registry/client/auth/base64.h"
#include "test/support/check_fails.h"

namespace credential_helper_test {

using namespace n2c;
using namespace n2c::registry;
using namespace std::chrono_literals;

namespace {

/// A folder that is the first in $PATH.
class Programs {
 public:
  Programs() : before_(std::getenv("PATH")) {
    ::setenv("PATH", cat(folder_.path().string(), ":", before_).c_str(), 1);
  }
  ~Programs() { ::setenv("PATH", before_.c_str(), 1); }
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  void add(const std::string& suffix, const std::string& script) const {
    const auto file = folder_.path() / ("docker-credential-" + suffix);
    write_file(file, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }
  std::filesystem::path config(const std::string& json) const {
    write_file(folder_.path() / "config.json", json);
    return folder_.path() / "config.json";
  }

 private:
  TemporaryFolder folder_;
  std::string before_;
};

LoginSearch search_in(const std::filesystem::path& file, std::size_t from = 0) {
  return make_file_auth({.text = {}, .files = {file}})->find("r.example", "app", from);
}

}  // namespace

TEST_CASE("a helper that ends well and did not take the login has not kept it (#23)") {
  const Programs programs;
  programs.add("deaf", "exit 0");
  const Credentials login{.username = "me", .password = std::string(300'000, 'x')};
  CHECK_FAILS(CredentialHelper("deaf").store("r.example", login), ErrorKind::local,
              "docker-credential-deaf store: it ended without reading its input");
}

TEST_CASE("the ways in which the known helpers say that they have no login are no failures") {
  const Programs programs;
  for (const char* words :
       {"credentials not found in native keychain", "Credentials not found",
        "The specified item could not be found in the keychain.", "Element not found.",
        "error: no credentials found for r.example", "r.example is not in the password store.",
        "no stored credential for this host"}) {
    CAPTURE(words);
    for (const char* to : {"", " >&2"}) {
      programs.add("t", cat("cat >/dev/null; echo '", words, "'", to, "; exit 1"));
      const auto login = CredentialHelper("t").get("r.example");
      REQUIRE_FALSE(login);
      CHECK(login.error().find(words) != std::string::npos);
    }
  }
  for (const char* script : {"cat >/dev/null", "echo '{\"Username\":\"\",\"Secret\":\"\"}'"}) {
    programs.add("t", script);
    CHECK_FALSE(CredentialHelper("t").get("r.example"));
  }
}

TEST_CASE("a helper that fails is reported with its name and its own words") {
  const Programs programs;
  struct Row {
    const char* script;
    const char* told;
  };
  const Row rows[] = {
      {"echo 'the keychain is locked' >&2; exit 1", "exit code 1: the keychain is locked"},
      {"echo 'the keychain is locked'; exit 1", "exit code 1: the keychain is locked"},
      {"kill -SEGV $$", "exit code 139"},
      {"exit 3", "get: exit code 3"},
      {"no-such-program-here", "exit code 127"},
      {"echo hello", "not a login in JSON"},
      {"echo '[1]'", "not a login in JSON"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.script);
    programs.add("t", row.script);
    CHECK_FAILS(CredentialHelper("t").get("r.example"), ErrorKind::local, row.told);
  }
  CHECK_FAILS(CredentialHelper("not-here").get("r.example"), ErrorKind::local,
              "docker-credential-not-here get: no such program in $PATH");
}

TEST_CASE("what a helper prints beside its failure is not shown when it holds a secret") {
  const Programs programs;
  programs.add("t", R"(echo '{"Username":"u","Secret":"s3cret"}'; exit 1)");
  const Error error = test::failure_of([] { (void)CredentialHelper("t").get("r.example"); });
  CHECK(error.message().find("s3cret") == std::string::npos);
}

TEST_CASE("a helper that hangs is given up, and so is one that has closed its output") {
  const Programs programs;
  for (const char* script : {"exec sleep 1000", "exec >&- 2>&-; exec sleep 1000"}) {
    CAPTURE(script);
    programs.add("t", script);
    CHECK_FAILS(CredentialHelper("t", 100ms).get("r.example"), ErrorKind::local,
                "docker-credential-t get: no answer in ");
  }
  CHECK(helper_patience == 30s);
}

TEST_CASE("a stop ends a helper that hangs, and no other login is looked for then (#23)") {
  const Programs programs;
  programs.add("t", "exec sleep 1000");
  const auto file =
      programs.config(R"({"credsStore":"t","auths":{"r.example":{"auth":"bWU6b3du"}}})");  // me:own
  std::stop_source stop;
  process_stop() = stop.get_token();
  {
    const std::jthread asker([&] { stop.request_stop(); });
    const Error error = test::failure_of([&] { (void)CredentialHelper("t").get("r.example"); });
    CHECK(error.kind() == ErrorKind::cancelled);
    CHECK(test::failure_of([&] { search_in(file); }).kind() == ErrorKind::cancelled);
  }
  process_stop() = {};
}

TEST_CASE("a helper's name with a slash is refused") {
  for (const char* name : {"../../tmp/x", "a/b", "/bin/sh", "a\\b"}) {
    CHECK_FAILS(CredentialHelper{name}, ErrorKind::input, "a helper's name has no slash");
  }
}

TEST_CASE("after a helper that gives nothing comes the file's own login, then none") {
  const Programs programs;
  const std::string auths = R"("auths":{"r.example":{"auth":"dTpw"}})";
  for (const char* helper : {"not-here", "../x", "t"}) {
    CAPTURE(helper);
    programs.add("t", "echo locked; exit 1");
    const auto file = programs.config(cat(R"({"credsStore":")", helper, "\",", auths, "}"));
    const LoginSearch found = search_in(file);
    REQUIRE(found.login);
    CHECK(found.login->username == "u");
    REQUIRE(found.gaps.size() == 1);
    CHECK_FALSE(found.gaps.front().is_usual);
    const bool is_missing = std::string_view(helper) == "not-here";
    CHECK(found.gaps.front().missing_program == (is_missing ? "docker-credential-not-here" : ""));
    CHECK(found.gaps.front().words.starts_with(cat("docker-credential-", helper)));
    CHECK(found.gaps.front().words.find(file.string()) != std::string::npos);
    CHECK_FALSE(search_in(file, found.next).login);
    const auto other = programs.config(cat(R"({"credHelpers":{"r.example":")", helper, "\"}}"));
    CHECK_FALSE(search_in(other).login);
  }
}

TEST_CASE("a login that the helper gives is followed by the file's own when it is refused") {
  const Programs programs;
  programs.add("t", R"(cat >/dev/null; echo '{"Username":"h","Secret":"x"}')");
  const auto file = programs.config(R"({"credsStore":"t","auths":{"r.example":{"auth":"dTpw"}}})");
  const LoginSearch first = search_in(file);
  CHECK(first.login->username == "h");
  const LoginSearch second = search_in(file, first.next);
  CHECK(second.login->username == "u");
  CHECK_FALSE(search_in(file, second.next).login);
}

TEST_CASE("a helper is asked once for a host, whatever repositories are meant") {
  const Programs programs;
  const TemporaryFolder folder;
  const auto log = folder.path() / "log";
  programs.add("t", cat("cat >/dev/null; echo asked >> ", log.string(), "; exit 1"));
  const auto auth =
      make_file_auth({.text = {}, .files = {programs.config(R"({"credsStore":"t"})")}});
  for (const char* repository : {"a", "b", "c"}) auth->find("r.example", repository, 0);
  CHECK(*read_if_there(log, 100) == "asked\n");
}

TEST_CASE("DOCKER_AUTH_CONFIG goes before the files, and they count for other hosts") {
  const Programs programs;
  const std::string entry = base64_encode("ci:pw");
  const auto file =
      programs.config(R"({"auths":{"r.example":{"auth":"dTpw"},"other.example":{"auth":"dTpw"}}})");
  AuthPlaces places{.text = cat(R"({"auths":{"r.example":{"auth":")", entry, "\"}}}"),
                    .files = {file}};
  const auto auth = make_file_auth(places);
  const LoginSearch first = auth->find("r.example", "", 0);
  CHECK(first.login->username == "ci");
  CHECK(first.login->source == "$DOCKER_AUTH_CONFIG");
  CHECK(auth->find("r.example", "", first.next).login->username == "u");
  CHECK(auth->find("other.example", "", 0).login->username == "u");
  // What cannot be read is a gap, and quoted nowhere.
  places.text = R"({"auths": s3cret)";
  const LoginSearch broken = make_file_auth(places)->find("r.example", "", 0);
  CHECK(broken.login->username == "u");
  REQUIRE(broken.gaps.size() == 1);
  CHECK(broken.gaps.front().words.starts_with("$DOCKER_AUTH_CONFIG: "));
  CHECK(broken.gaps.front().words.find("s3cret") == std::string::npos);
}

TEST_CASE("DOCKER_AUTH_CONFIG counts beside REGISTRY_AUTH_FILE, and not beside --auth-file") {
  const auto environment = [](const char* variable) -> std::string {
    if (std::string_view(variable) == "DOCKER_AUTH_CONFIG") return "{}";
    return std::string_view(variable) == "REGISTRY_AUTH_FILE" ? "/r.json" : "";
  };
  CHECK(find_auth_places({}, environment).text == "{}");
  CHECK(find_auth_places({}, environment).files.size() == 1);
  CHECK(find_auth_places("/a.json", environment).text.empty());
}

}  // namespace credential_helper_test
