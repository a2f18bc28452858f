#pragma once
/// Which container engine to load into, and why: decided from what was found here.

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/containerd_engine.h"
#include "engine/docker_host.h"
#include "engine/load.h"
#include "http/transport.h"

namespace n2c {

enum class EngineKind { automatic, docker, podman, containerd };

/// What was found on this machine.
struct EngineSigns {
  std::optional<NamedDockerHost> configured_docker;
  std::optional<std::filesystem::path> docker_socket;  ///< a usual one that answers
  bool podman_program = false;
  /// $CONTAINER_HOST, or a usual socket of podman's service that answers.
  std::optional<NamedDockerHost> podman_socket;
  std::filesystem::path containerd_socket;  ///< $CONTAINERD_ADDRESS or the usual one
  bool containerd_answers = false;
  bool ctr_program = false;
};

/// An engine and why it is the one.
struct EngineChoice {
  EngineKind kind = EngineKind::docker;  ///< never automatic
  std::optional<DockerHost> host;        ///< where a Docker API is spoken (podman's too)
  std::filesystem::path containerd_socket;
  std::string why;  ///< "DOCKER_HOST", "its socket answers", "--engine"
};

/// Chooses an engine. automatic takes a configured Docker host, a usual socket, podman, or
/// containerd, in this order. The error says what was looked for.
Parsed<EngineChoice> choose_engine(EngineKind asked, const EngineSigns& signs);

/// Looks for engines: reads configuration files and tries to connect to sockets.
EngineSigns find_engines(const Environment& environment);

/// Connects to the engine. `containerd_space` is containerd's namespace. Throws as the engines'
/// makers do.
std::unique_ptr<Engine> make_engine(const EngineChoice& choice, const std::string& containerd_space,
                                    http::TransportOptions options, std::stop_token stop);

}  // namespace n2c
