#pragma once
/// Where the Docker engine is, by Docker's own rules: DOCKER_HOST, the current context, the
/// usual sockets.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/error.h"
#include "http/transport.h"

namespace n2c {

/// An address of a Docker engine, parsed.
struct DockerHost {
  enum class Kind { unix_socket, tcp, ssh };

  Kind kind = Kind::unix_socket;
  std::filesystem::path socket{};     ///< unix_socket
  std::string authority{};            ///< tcp: HOST:PORT; ssh: [USER@]HOST
  std::string ssh_port{};             ///< ssh: digits, may be empty
  std::string path{};                 ///< ssh: the socket on the other side; may be empty
  std::optional<http::TlsFiles> tls;  ///< tcp: speak TLS with these

  /// "unix:///PATH", "tcp://HOST:PORT", "http://…", "https://…", "ssh://[USER@]HOST[:PORT][/PATH]".
  /// A tcp host without a port has 2375; the caller adds TLS.
  static Parsed<DockerHost> parse(std::string_view text);
  std::string str() const;
  /// Whether the address is on this machine: a unix socket or a loopback host.
  bool is_local() const;
};

/// A host and who named it ("DOCKER_HOST", "the Docker context \"build\"").
struct NamedDockerHost {
  DockerHost host;
  std::string said_by;
};

/// What was configured: $DOCKER_HOST (with $DOCKER_TLS_VERIFY and $DOCKER_CERT_PATH), else
/// $DOCKER_CONTEXT, else currentContext of $DOCKER_CONFIG/config.json or ~/.docker/config.json.
/// Nothing when none of them is set, or names the context "default". Reads files; throws
/// Error{input} for a broken one and for a context that is not there.
std::optional<NamedDockerHost> find_configured_docker(const Environment& environment);

/// Where engines listen unless told otherwise, most usual first: /var/run/docker.sock, rootless
/// Docker's socket, then those of programs that run an engine in a virtual machine (Docker Desktop,
/// OrbStack, Colima, Rancher Desktop).
std::vector<std::filesystem::path> usual_docker_sockets(const Environment& environment);
/// The same for podman's service: root's, the user's own, then that of `podman machine`'s default
/// machine, where podman 5 and podman 4 put it on a Mac.
std::vector<std::filesystem::path> usual_podman_sockets(const Environment& environment);

}  // namespace n2c
