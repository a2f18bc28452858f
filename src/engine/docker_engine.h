#pragma once
/// Docker, and whatever else speaks its API: the classic store, the containerd store, podman's
/// socket.

#include <memory>

#include "engine/docker_host.h"
#include "engine/load.h"

namespace n2c {

/// A way to talk HTTP to a Docker host.
struct DockerConnection {
  std::shared_ptr<void> bridge;  ///< what carries the connection, where something has to (ssh)
  std::unique_ptr<http::Transport> transport;
  http::Url base;
};

/// `options` are completed with what the host needs (socket, TLS). Throws Error{local}.
DockerConnection connect_docker(const DockerHost& host, http::TransportOptions options);

/// Asks the engine what it is. Throws as DockerApi::connect does.
std::unique_ptr<Engine> make_docker_engine(const DockerHost& host, DockerConnection connection,
                                           std::stop_token stop);

}  // namespace n2c
