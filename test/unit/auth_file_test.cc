#include "registry/client/auth/auth_file.h"

#include <doctest/doctest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <map>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "registry/client/auth/base64.h"
#include "test/support/check_fails.h"
#include "test/support/fixtures.h"

namespace auth_file_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

AuthFile load(std::string_view file) { return AuthFile::load_argument(test::fixture_path(file)); }

const Credentials me{.username = "u", .password = "p"};  // dTpw

/// Logs in to r.example in that file.
void log_in(const std::filesystem::path& path, const std::string& host = "r.example") {
  AuthFile::update(path, {}, [&](AuthFile& file) {
    file.set(host, me);
    return true;
  });
}

std::string text_of(const std::filesystem::path& path) { return read_file(path, 8 << 20); }

Error refused(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  return {ErrorKind::internal, ""};
}

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
  const mode_t before = ::umask(0);
  log_in(path, "first.example");
  ::umask(before);
  CHECK(mode_of(path) == 0600);
  CHECK(mode_of(path.parent_path()) == 0700);  // (#23) whatever the umask
  write_file(path, test::fixture("auth/docker-config.json"), 0600);
  AuthFile::update(path, {}, [](AuthFile& file) {
    file.set("docker.io", {.username = "me", .password = "pw"});
    return true;
  });
  const AuthFile again = AuthFile::load(path);
  CHECK(again.find("docker.io", "")->username == "me");
  CHECK(again.find("ghcr.io", "")->username == "ghuser");
  const std::string text = read_file(path, 1 << 20);
  CHECK(text.find("https://index.docker.io/v1/") != std::string::npos);
  CHECK(text.find("currentContext") != std::string::npos);
}

TEST_CASE("a login put in or taken out changes nothing else of the file, however it is laid out") {
  struct Row {
    std::string_view before, with, without;
  };
  constexpr std::string_view entry = R"("r.example":{"auth":"dTpw"})";
  const std::vector<Row> rows = {
      {"", "{\n\t\"auths\": {\n\t\t\"r.example\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t}\n\t}\n}\n",
       "{\n\t\"auths\": {}\n}\n"},
      {R"({"auths":{"a":{"auth":"YTpi","x":1.0}},"big":12345678901234567890,"s":"\u00e9"})",
       R"({"auths":{"a":{"auth":"YTpi","x":1.0},"r.example":{"auth":"dTpw"}},"big":12345678901234567890,"s":"\u00e9"})",
       R"({"auths":{"a":{"auth":"YTpi","x":1.0}},"big":12345678901234567890,"s":"\u00e9"})"},
      {R"({"auths": {"a": {}, "b": {}}, "k": [1, 2]})",
       R"({"auths": {"a": {}, "b": {}, "r.example": {"auth":"dTpw"}}, "k": [1, 2]})",
       R"({"auths": {"a": {}, "b": {}}, "k": [1, 2]})"},
      {"{\n  \"k\": { \"auths\": [ ] },\n  \"auths\": null\n}\n",
       "{\n  \"k\": { \"auths\": [ ] },\n  \"auths\": {\n    \"r.example\": {\n      \"auth\": "
       "\"dTpw\"\n    }\n  }\n}\n",
       "{\n  \"k\": { \"auths\": [ ] },\n  \"auths\": {}\n}\n"},
      {"{\r\n    \"auths\": {\r\n        \"a\": { }\r\n    },\r\n    \"z\": \"}\\\"{\"\r\n}",
       "{\r\n    \"auths\": {\r\n        \"a\": { },\r\n        \"r.example\": {\r\n            "
       "\"auth\": \"dTpw\"\r\n        }\r\n    },\r\n    \"z\": \"}\\\"{\"\r\n}",
       "{\r\n    \"auths\": {\r\n        \"a\": { }\r\n    },\r\n    \"z\": \"}\\\"{\"\r\n}"},
      {"{}", "{\n\t\"auths\": {\n\t\t\"r.example\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t}\n\t}\n}",
       "{\n\t\"auths\": {}\n}"},
  };
  const TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  for (const Row& row : rows) {
    CAPTURE(row.before);
    write_file(path, row.before);
    log_in(path);
    CHECK(text_of(path) == row.with);
    log_in(path);
    CHECK(text_of(path) == row.with);
    CHECK(AuthFile::update(path, {}, [](AuthFile& file) { return file.erase("r.example"); }));
    CHECK(text_of(path) == row.without);
  }
  write_file(path, cat(R"({"auths":{)", entry, R"(,"b":{},"https://r.example/v1/":{}}})"));
  log_in(path);
  CHECK(text_of(path) == cat(R"({"auths":{"b":{},)", entry, "}}"));
}

TEST_CASE("a file that is no auth file takes no login, gives none, and stays as it is") {
  const std::string good = R"({"auths":{"a":{"auth":"YTpi"}}})";
  const TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  for (const std::string& text : std::vector<std::string>{
           good.substr(0, 20), "hello", "[1]", "null", "7", R"({"auths":[1],"keep":1})",
           R"({"auths":"x"})", "\xef\xbb\xbf" + good, good + good,
           R"({"auths":{},"auths":{"a":{}}})", R"({"credHelpers":[]})", R"({"credsStore":{}})",
           std::string(5 << 20, ' ') + good, std::string("\0\0\0", 3)}) {
    CAPTURE(text.substr(0, 40));
    write_file(path, text);
    for (const auto& error :
         {refused([&] { log_in(path); }), refused([&] { AuthFile::load(path); })}) {
      CHECK(error.message().find(path.string()) != std::string::npos);
    }
    CHECK(text_of(path) == text);
  }
}

TEST_CASE("a file without content, or whose auths is null, holds no login and takes one") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  for (const char* text : {"", " \n", "{}", R"({"auths":null})", R"({"auths":{}})"}) {
    write_file(path, text);
    CHECK_FALSE(AuthFile::load(path).find("r.example", ""));
    log_in(path);
    CHECK(AuthFile::load(path).find("r.example", "")->password == "p");
  }
}

TEST_CASE("an auth file that is replaced keeps its owner, group and mode, and a link to it stays") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  const auto link = folder.path() / "link.json";
  write_file(path, R"({"auths":{"a":{"auth":"YTpi"}}})");
  std::filesystem::create_symlink("config.json", link);
  const bool is_root = ::geteuid() == 0;
  if (is_root) REQUIRE(::chown(path.c_str(), 1000, 1001) == 0);
  ::chmod(path.c_str(), 0640);
  log_in(link);
  CHECK(std::filesystem::is_symlink(link));
  CHECK(AuthFile::load(path).find("r.example", ""));
  CHECK(AuthFile::load(path).find("a", ""));
  CHECK(mode_of(path) == 0640);
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(status.st_uid == (is_root ? 1000 : ::geteuid()));
  CHECK(status.st_gid == (is_root ? 1001 : ::getegid()));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE(
    "a login goes into no link that leads nowhere, no folder and no FIFO, and says so at once") {
  const TemporaryFolder folder;
  const auto at = [&](const char* name) { return folder.path() / name; };
  std::filesystem::create_symlink(at("nothing"), at("dangling"));
  std::filesystem::create_symlink("loop", at("loop"));
  std::filesystem::create_directory(at("folder"));
  REQUIRE(::mkfifo(at("fifo").c_str(), 0600) == 0);
  write_file(at("file"), "{}");
  for (const char* name : {"dangling", "loop", "folder", "fifo"}) {
    CAPTURE(name);
    const Error error = refused([&] { log_in(at(name)); });
    CHECK(error.message().find(name) != std::string::npos);
  }
  CHECK(refused([&] { log_in(at("file/config.json")); }).message().find("file") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(at("nothing")));
  for (const char* name : {"loop", "folder", "fifo", "file/config.json"}) {
    CAPTURE(name);
    const Error error = refused([&] { AuthFile::load(at(name)); });
    CHECK(error.message().find(name) != std::string::npos);
  }
}

TEST_CASE(
    "a file that cannot be reached is an error that names it, and only a missing one is empty") {
  CHECK_FALSE(AuthFile::load("/nonexistent/config.json").find("r.example", ""));
  if (::geteuid() == 0) return;  // may enter everything; interop/login_files tries it as nobody
  const TemporaryFolder folder;
  const auto closed = folder.path() / "closed";
  std::filesystem::create_directory(closed);
  write_file(closed / "config.json", "{}");
  ::chmod(closed.c_str(), 0);
  CHECK(refused([&] { AuthFile::load(closed / "config.json"); }).message() ==
        "open " + (closed / "config.json").string() + ": Permission denied");
  CHECK(refused([&] { log_in(closed / "config.json"); }).kind() == ErrorKind::local);
  ::chmod(closed.c_str(), 0700);
}

TEST_CASE("logins made at the same time are all kept") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  constexpr int writers = 8;
  constexpr int each = 10;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < writers; ++i) {
      threads.emplace_back([&, i] {
        for (int j = 0; j < each; ++j) log_in(path, cat("r", i, "-", j, ".example"));
      });
    }
  }
  const AuthFile file = AuthFile::load(path);
  for (int i = 0; i < writers; ++i) {
    for (int j = 0; j < each; ++j) CHECK(file.find(cat("r", i, "-", j, ".example"), ""));
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a lock that another program holds is waited for until asked to stop") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  const FileDescriptor held = open_to_lock(path.string() + ".lock");
  REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
  std::stop_source stop;
  stop.request_stop();
  const Error error =
      refused([&] { AuthFile::update(path, stop.get_token(), [](AuthFile&) { return true; }); });
  CHECK(error.kind() == ErrorKind::cancelled);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a lock that a killed program left is taken, and is gone afterwards") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  write_file(path.string() + ".lock", "");
  log_in(path);
  CHECK_FALSE(std::filesystem::exists(path.string() + ".lock"));
}

TEST_CASE("an auth file that the user names may be a pipe") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const FileDescriptor reading(ends[0]);
  constexpr std::string_view text = R"({"auths":{"r.example":{"auth":"dTpw"}}})";
  REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  const auto named = cat("/dev/fd/", ends[0]);
  CHECK(make_file_auth(find_auth_places(named, environment({})))
            ->find("r.example", "", 0)
            .login->username == "u");
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
  CHECK(auth->find("quay.io", "team/app", 0).login->username == "repo");
  CHECK(auth->find("ghcr.io", "x", 0).login->source ==
        test::fixture_path("auth/docker-config.json"));
  CHECK_FALSE(auth->find("unknown.example", "x", 0).login);
  const auto named = make_file_auth({.files = {"/nonexistent/auth.json"}, .must_exist = true});
  CHECK_FAILS(named->find("quay.io", "", 0), ErrorKind::local, "/nonexistent/auth.json");
}

TEST_CASE("the login of the command line is for the host it names, and for no other") {
  NamedAuth auth({.username = "me", .password = "pw"}, "ghcr.io",
                 make_file_auth({.files = {test::fixture_path("auth/podman-auth.json")}}));
  CHECK(auth.find("ghcr.io", "x", 0).login->username == "me");
  CHECK(auth.find("quay.io", "x", 0).login->username == "host");
  CHECK_FALSE(auth.find("evil.example", "x", 0).login);
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

}  // namespace auth_file_test
