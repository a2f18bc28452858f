#include "engine/engine_choice.h"

#include <doctest/doctest.h>

namespace engine_choice_test {

using namespace n2c;

namespace {

EngineSigns everything() {
  return {
      .configured_docker = NamedDockerHost{*DockerHost::parse("tcp://build:2375"), "DOCKER_HOST"},
      .docker_socket = "/var/run/docker.sock",
      .podman_program = true,
      .podman_socket = {},
      .containerd_socket = "/run/containerd/containerd.sock",
      .containerd_answers = true,
      .ctr_program = true};
}

}  // namespace

TEST_CASE(
    "the engine is the configured Docker, a Docker socket, podman, containerd, in this order") {
  EngineSigns signs = everything();
  CHECK(choose_engine(EngineKind::automatic, signs)->why == "DOCKER_HOST");
  signs.configured_docker.reset();
  const auto socket = choose_engine(EngineKind::automatic, signs);
  CHECK(socket->kind == EngineKind::docker);
  CHECK(socket->host->str() == "unix:///var/run/docker.sock");
  CHECK(socket->why == "its socket answers");
  signs.docker_socket.reset();
  CHECK(choose_engine(EngineKind::automatic, signs)->why == "podman is in $PATH");
  signs.podman_program = false;
  CHECK(choose_engine(EngineKind::automatic, signs)->kind == EngineKind::containerd);
  signs.ctr_program = false;
  CHECK(choose_engine(EngineKind::automatic, signs)
            .error()
            .starts_with("no container engine was found"));
}

TEST_CASE("an engine asked for by name is that one or an error that says what is missing") {
  EngineSigns signs = everything();
  CHECK(choose_engine(EngineKind::containerd, signs)->containerd_socket ==
        "/run/containerd/containerd.sock");
  CHECK(choose_engine(EngineKind::podman, signs)->kind == EngineKind::podman);
  signs.containerd_answers = false;
  CHECK(choose_engine(EngineKind::containerd, signs).error() ==
        "nothing answers on /run/containerd/containerd.sock ($CONTAINERD_ADDRESS)");
  CHECK_FALSE(choose_engine(EngineKind::docker, EngineSigns{}));
}

TEST_CASE("podman's socket is used where there is no podman program") {
  EngineSigns signs;
  signs.podman_socket = NamedDockerHost{*DockerHost::parse("unix:///p.sock"), "CONTAINER_HOST"};
  const auto choice = choose_engine(EngineKind::podman, signs);
  CHECK(choice->host->str() == "unix:///p.sock");
  CHECK(choice->why == "CONTAINER_HOST");
}

}  // namespace engine_choice_test
