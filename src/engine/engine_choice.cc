#include "engine/engine_choice.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "base/process.h"
#include "base/system.h"
#include "base/text.h"
#include "engine/docker_engine.h"
#include "engine/podman_engine.h"

namespace n2c {

namespace fs = std::filesystem;

namespace {

/// Whether someone listens on a unix socket.
bool answers(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  const FileDescriptor socket = open_socket(AF_UNIX, Blocking::yes);
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

DockerHost socket_host(const fs::path& path) {
  return {.kind = DockerHost::Kind::unix_socket, .socket = path, .tls = {}};
}

std::optional<EngineChoice> docker_choice(const EngineSigns& signs) {
  if (signs.configured_docker) {
    return EngineChoice{
        EngineKind::docker, signs.configured_docker->host, {}, signs.configured_docker->said_by};
  }
  if (!signs.docker_socket) return {};
  return EngineChoice{
      EngineKind::docker, socket_host(*signs.docker_socket), {}, "its socket answers"};
}

std::optional<EngineChoice> podman_choice(const EngineSigns& signs) {
  if (signs.podman_program) {
    return EngineChoice{EngineKind::podman, {}, {}, "podman is in $PATH"};
  }
  if (!signs.podman_socket) return {};
  return EngineChoice{
      EngineKind::podman, signs.podman_socket->host, {}, signs.podman_socket->said_by};
}

std::optional<EngineChoice> containerd_choice(const EngineSigns& signs) {
  if (!signs.containerd_answers || !signs.ctr_program) return {};
  return EngineChoice{EngineKind::containerd, {}, signs.containerd_socket, "its socket answers"};
}

std::string why_no_containerd(const EngineSigns& signs) {
  if (!signs.ctr_program) return "there is no ctr in $PATH";
  return cat("nothing answers on ", signs.containerd_socket.string(), " ($CONTAINERD_ADDRESS)");
}

std::optional<NamedDockerHost> find_podman_socket(const Environment& environment) {
  if (const std::string text = environment("CONTAINER_HOST"); !text.empty()) {
    return NamedDockerHost{or_throw(DockerHost::parse(text), ErrorKind::usage, "CONTAINER_HOST"),
                           "CONTAINER_HOST"};
  }
  for (const fs::path& socket : usual_podman_sockets(environment)) {
    if (answers(socket)) {
      return NamedDockerHost{socket_host(socket), "podman's socket answers"};
    }
  }
  return {};
}

}  // namespace

Parsed<EngineChoice> choose_engine(EngineKind asked, const EngineSigns& signs) {
  const auto docker = docker_choice(signs), podman = podman_choice(signs),
             containerd = containerd_choice(signs);
  switch (asked) {
    case EngineKind::docker:
      if (docker) return *docker;
      return std::unexpected("no Docker host is configured and no Docker socket answers");
    case EngineKind::podman:
      if (podman) return *podman;
      return std::unexpected("there is no podman in $PATH and no podman socket answers");
    case EngineKind::containerd:
      if (containerd) return *containerd;
      return std::unexpected(why_no_containerd(signs));
    case EngineKind::automatic: break;
  }
  for (const auto* choice : {&docker, &podman, &containerd}) {
    if (*choice) return **choice;
  }
  return std::unexpected(
      cat("no container engine was found: no DOCKER_HOST, no Docker context, no Docker socket that "
          "answers, no podman, and for containerd ",
          why_no_containerd(signs)));
}

EngineSigns find_engines(const Environment& environment) {
  EngineSigns signs{.configured_docker = find_configured_docker(environment),
                    .docker_socket = {},
                    .podman_program = find_program("podman").has_value(),
                    .podman_socket = find_podman_socket(environment),
                    .containerd_socket = environment("CONTAINERD_ADDRESS"),
                    .ctr_program = find_program("ctr").has_value()};
  for (const fs::path& socket : usual_docker_sockets(environment)) {
    if (!signs.docker_socket && answers(socket)) signs.docker_socket = socket;
  }
  if (signs.containerd_socket.empty()) signs.containerd_socket = "/run/containerd/containerd.sock";
  signs.containerd_answers = answers(signs.containerd_socket);
  return signs;
}

std::unique_ptr<Engine> make_engine(const EngineChoice& choice, const std::string& containerd_space,
                                    http::TransportOptions options, std::stop_token stop) {
  if (choice.host) {
    return make_docker_engine(*choice.host, connect_docker(*choice.host, std::move(options)), stop);
  }
  if (choice.kind == EngineKind::podman) return make_podman_engine(stop);
  return make_containerd_engine({choice.containerd_socket, containerd_space}, stop);
}

}  // namespace n2c
