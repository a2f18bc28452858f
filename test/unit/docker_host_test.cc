#include "engine/docker_host.h"

#include <doctest/doctest.h>

#include <map>

#include "base/file.h"
#include "base/text.h"
#include "engine/ssh_socket.h"
#include "oci/digest.h"
#include "test/support/check_fails.h"

namespace docker_host_test {

using namespace n2c;

namespace {

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* variable) {
    const auto found = variables.find(variable);
    return found != variables.end() ? found->second : std::string();
  };
}

/// A ~/.docker with one context.
class DockerFolder {
 public:
  DockerFolder(const std::string& context, const std::string& meta) {
    write_file(path() / "config.json", "{\"currentContext\":\"" + context + "\"}");
    const auto folder = path() / "contexts" / "meta" / id(context);
    std::filesystem::create_directories(folder);
    write_file(folder / "meta.json", meta);
  }
  std::filesystem::path path() const { return folder_.path(); }
  static std::string id(const std::string& context) { return oci::Digest::of(context).hex(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("Docker hosts are understood as Docker writes them") {
  CHECK(DockerHost::parse("unix:///run/d.sock")->socket == "/run/d.sock");
  CHECK(DockerHost::parse("tcp://10.0.0.1:2376")->authority == "10.0.0.1:2376");
  CHECK(DockerHost::parse("tcp://build")->authority == "build:2375");
  CHECK(DockerHost::parse("tcp://[::1]")->authority == "[::1]:2375");
  CHECK(DockerHost::parse("https://build")->tls);
  const auto ssh = DockerHost::parse("ssh://me@build:22/run/user/1/docker.sock");
  CHECK(ssh->authority == "me@build");
  CHECK(ssh->ssh_port == "22");
  CHECK(ssh->path == "/run/user/1/docker.sock");
  CHECK(ssh->str() == "ssh://me@build:22/run/user/1/docker.sock");
}

TEST_CASE("what is no Docker host is refused") {
  for (const char* text : {"", "unix://relative", "tcp://", "ssh://", "ssh://-oProxyCommand=x",
                           "ssh://me@-x", "-x", "npipe:////./pipe/docker", "tcp://a/b"}) {
    CAPTURE(text);
    CHECK_FALSE(DockerHost::parse(text));
  }
}

TEST_CASE("a loopback address and a socket are local, others are not") {
  CHECK(DockerHost::parse("unix:///s")->is_local());
  CHECK(DockerHost::parse("tcp://127.0.0.1:2375")->is_local());
  CHECK_FALSE(DockerHost::parse("tcp://build:2375")->is_local());
  CHECK_FALSE(DockerHost::parse("ssh://build")->is_local());
}

TEST_CASE("engines are looked for where each of them listens, the most usual place first") {
  using Places = std::vector<std::filesystem::path>;
  struct Row {
    std::map<std::string, std::string> variables;
    Places docker, podman;
  };
  const std::vector<Row> rows{
      {{}, {"/var/run/docker.sock"}, {"/run/podman/podman.sock"}},
      {{{"XDG_RUNTIME_DIR", "/run/user/1"}},
       {"/var/run/docker.sock", "/run/user/1/docker.sock"},
       {"/run/user/1/podman/podman.sock", "/run/podman/podman.sock"}},
      // A Mac: Docker Desktop, OrbStack, Colima, Rancher Desktop; podman 5, 4.8, 4.2, 4.5.
      {{{"HOME", "/Users/ada"}, {"TMPDIR", "/var/folders/x/T/"}},
       {"/var/run/docker.sock", "/Users/ada/.docker/run/docker.sock",
        "/Users/ada/.docker/desktop/docker.sock", "/Users/ada/.orbstack/run/docker.sock",
        "/Users/ada/.colima/default/docker.sock", "/Users/ada/.rd/docker.sock"},
       {"/run/podman/podman.sock", "/var/folders/x/T/podman/podman-machine-default-api.sock",
        "/Users/ada/.local/share/containers/podman/machine/podman.sock",
        "/Users/ada/.local/share/containers/podman/machine/podman-machine-default/podman.sock",
        "/Users/ada/.local/share/containers/podman/machine/qemu/podman.sock"}},
      {{{"COLIMA_HOME", "/c"}},
       {"/var/run/docker.sock", "/c/default/docker.sock"},
       {"/run/podman/podman.sock"}},
  };
  for (const Row& row : rows) {
    CHECK(usual_docker_sockets(environment(row.variables)) == row.docker);
    CHECK(usual_podman_sockets(environment(row.variables)) == row.podman);
  }
}

TEST_CASE("the contexts that Docker Desktop, Colima and OrbStack make lead to their sockets") {
  struct Row {
    const char *context, *host;
  };
  for (const Row& row : {Row{"desktop-linux", "unix:///Users/ada/.docker/run/docker.sock"},
                         Row{"colima", "unix:///Users/ada/.colima/default/docker.sock"},
                         Row{"colima-work", "unix:///Users/ada/.colima/work/docker.sock"},
                         Row{"orbstack", "unix:///Users/ada/.orbstack/run/docker.sock"},
                         Row{"rancher-desktop", "unix:///Users/ada/.rd/docker.sock"}}) {
    CAPTURE(row.context);
    const DockerFolder docker(row.context, cat(R"({"Name":")", row.context,
                                               R"(","Metadata":{},"Endpoints":{"docker":{"Host":")",
                                               row.host, R"(","SkipTLSVerify":false}}})"));
    const auto found =
        find_configured_docker(environment({{"DOCKER_CONFIG", docker.path().string()}}));
    REQUIRE(found);
    CHECK(found->host.str() == row.host);
    CHECK_FALSE(found->host.tls);
  }
}

TEST_CASE("ssh gets the host behind --, and a path quoted for the shell on the other side") {
  CHECK(ssh_command(*DockerHost::parse("ssh://me@build:2222")) ==
        std::vector<std::string>{"ssh", "-T", "-o", "ConnectTimeout=30", "-p", "2222", "--",
                                 "me@build", "docker", "system", "dial-stdio"});
  const auto command = ssh_command(*DockerHost::parse("ssh://build/run/it's.sock"));
  CHECK(command[7] == "--host");
  CHECK(command[8] == "'unix:///run/it'\\''s.sock'");
}

TEST_CASE("DOCKER_HOST wins, and takes TLS from DOCKER_CERT_PATH") {
  const TemporaryFolder certificates;
  write_file(certificates.path() / "ca.pem", "x");
  const auto found = find_configured_docker(environment(
      {{"DOCKER_HOST", "tcp://build:2376"}, {"DOCKER_CERT_PATH", certificates.path().string()}}));
  CHECK(found->said_by == "DOCKER_HOST");
  REQUIRE(found->host.tls);
  CHECK(found->host.tls->ca_files == std::vector{(certificates.path() / "ca.pem").string()});
  CHECK(found->host.tls->client_key_file.empty());
  CHECK(found->host.tls->verify);
  CHECK_FALSE(find_configured_docker(environment({{"DOCKER_HOST", "tcp://build"}}))->host.tls);
}

TEST_CASE("the current context of config.json says where the engine is") {
  const DockerFolder docker(
      "build", R"({"Endpoints":{"docker":{"Host":"tcp://build:2376","SkipTLSVerify":true}}})");
  const auto tls = docker.path() / "contexts" / "tls" / DockerFolder::id("build") / "docker";
  std::filesystem::create_directories(tls);
  write_file(tls / "cert.pem", "x");
  const auto found =
      find_configured_docker(environment({{"DOCKER_CONFIG", docker.path().string()}}));
  REQUIRE(found);
  CHECK(found->host.str() == "tcp://build:2376");
  CHECK(found->host.tls->client_cert_file == tls / "cert.pem");
  CHECK_FALSE(found->host.tls->verify);
  CHECK(found->said_by.starts_with("the Docker context \"build\""));
}

TEST_CASE("DOCKER_CONTEXT wins over config.json, and the default context is no configuration") {
  const DockerFolder docker("build", R"({"Endpoints":{"docker":{"Host":"unix:///run/b.sock"}}})");
  const std::string folder = docker.path().string();
  CHECK_FALSE(find_configured_docker(
      environment({{"DOCKER_CONFIG", folder}, {"DOCKER_CONTEXT", "default"}})));
  CHECK(find_configured_docker(environment({{"DOCKER_CONFIG", folder}}))->host.socket ==
        "/run/b.sock");
  CHECK_FALSE(find_configured_docker(environment({{"HOME", "/no/such/home"}})));
}

TEST_CASE("a context that is not there is an error that names it") {
  const DockerFolder docker("build", "{}");
  CHECK_FAILS(find_configured_docker(environment(
                  {{"DOCKER_CONFIG", docker.path().string()}, {"DOCKER_CONTEXT", "gone"}})),
              ErrorKind::input, "the Docker context \"gone\" (DOCKER_CONTEXT) is not there");
}

}  // namespace docker_host_test
