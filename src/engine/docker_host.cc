#include "engine/docker_host.h"

#include "base/file.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "oci/digest.h"
#include "oci/reference.h"

namespace n2c {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t max_config_bytes = 1 << 20;

fs::path docker_folder(const Environment& environment) {
  const std::string chosen = environment("DOCKER_CONFIG");
  return chosen.empty() ? fs::path(environment("HOME")) / ".docker" : fs::path(chosen);
}

/// Those of ca.pem, cert.pem and key.pem that a folder has.
http::TlsFiles tls_files_in(const fs::path& folder) {
  const auto present = [&](const char* file) {
    const fs::path path = folder / file;
    return is_there(path) ? path.string() : std::string();
  };
  http::TlsFiles files{.client_cert_file = present("cert.pem"),
                       .client_key_file = present("key.pem")};
  if (std::string roots = present("ca.pem"); !roots.empty()) files.ca_files.push_back(roots);
  return files;
}

Parsed<DockerHost> parse_ssh(std::string_view rest) {
  DockerHost host{.kind = DockerHost::Kind::ssh, .tls = {}};
  if (const auto parts = cut(rest, '/')) {
    rest = parts->first;
    if (!parts->second.empty()) host.path = cat("/", parts->second);
  }
  const std::size_t colon = rest.rfind(':');
  if (colon != rest.npos && rest.find(']', colon) == rest.npos) {
    host.ssh_port = rest.substr(colon + 1);
    if (!parse_number(host.ssh_port)) return std::unexpected("the ssh port is not a number");
    rest = rest.substr(0, colon);
  }
  // ssh would take a host that begins with '-' for an option.
  const std::size_t at = rest.rfind('@');
  const std::string_view machine = at == rest.npos ? rest : rest.substr(at + 1);
  if (machine.empty() || machine.front() == '-' || rest.front() == '-') {
    return std::unexpected("ssh:// needs a host");
  }
  host.authority = rest;
  return host;
}

Parsed<DockerHost> parse_tcp(std::string_view scheme, std::string_view rest) {
  if (const auto parts = cut(rest, '/')) {
    if (!parts->second.empty()) return std::unexpected("a path after the host is not supported");
    rest = parts->first;
  }
  if (rest.empty()) return std::unexpected("no host");
  DockerHost host{.kind = DockerHost::Kind::tcp, .authority = std::string(rest), .tls = {}};
  const std::size_t colon = rest.rfind(':');
  if (colon == rest.npos || rest.find(']', colon) != rest.npos) {
    host.authority += scheme == "https" ? ":2376" : ":2375";
  }
  if (scheme == "https") host.tls = http::TlsFiles{};
  return host;
}

go::Json read_json(const fs::path& file) {
  return or_throw(go::Json::parse(read_file(file, max_config_bytes)), ErrorKind::input,
                  file.string());
}

/// The host that a context names (docker's contexts/meta/SHA256-OF-NAME/meta.json).
NamedDockerHost read_context(const fs::path& folder, const std::string& context,
                             std::string_view chosen_by) {
  const std::string id = oci::Digest::of(context).hex();
  const fs::path file = folder / "contexts" / "meta" / id / "meta.json";
  if (!is_there(file)) {
    throw Error(ErrorKind::input,
                cat("the Docker context \"", context, "\" (", chosen_by, ") is not there: no ",
                    file.string()),
                "docker context ls");
  }
  const go::Json meta = read_json(file);
  const go::Json* endpoints = meta.find("Endpoints");
  const go::Json* endpoint = endpoints != nullptr ? endpoints->find("docker") : nullptr;
  if (endpoint == nullptr)
    throw Error(ErrorKind::input, cat(file.string(), ": no docker endpoint"));
  DockerHost host = or_throw(DockerHost::parse(endpoint->text_at("Host")), ErrorKind::input,
                             cat(file.string(), ": Host"));
  const fs::path tls = folder / "contexts" / "tls" / id / "docker";
  if (host.kind == DockerHost::Kind::tcp && is_there(tls)) {
    host.tls = tls_files_in(tls);
    const go::Json* skip = endpoint->find("SkipTLSVerify");
    host.tls->verify = skip == nullptr || !skip->as_bool().value_or(false);
  }
  return {std::move(host), cat("the Docker context \"", context, "\" (", chosen_by, ")")};
}

}  // namespace

Parsed<DockerHost> DockerHost::parse(std::string_view text) {
  const std::size_t mark = text.find("://");
  const std::string_view scheme = text.substr(0, mark == text.npos ? 0 : mark);
  const std::string_view rest = text.substr(mark == text.npos ? 0 : mark + 3);
  if (scheme == "unix") {
    if (!rest.starts_with('/')) return std::unexpected("unix:// needs an absolute path");
    return DockerHost{.kind = Kind::unix_socket, .socket = fs::path(rest), .tls = {}};
  }
  if (scheme == "ssh") return parse_ssh(rest);
  if (scheme == "tcp" || scheme == "http" || scheme == "https") return parse_tcp(scheme, rest);
  return std::unexpected(cat("\"", printable(text), "\" is not unix://PATH, tcp://HOST:PORT or ",
                             "ssh://[USER@]HOST"));
}

std::string DockerHost::str() const {
  switch (kind) {
    case Kind::unix_socket: return cat("unix://", socket.string());
    case Kind::tcp: return cat("tcp://", authority);
    case Kind::ssh: return cat("ssh://", authority, ssh_port.empty() ? "" : ":", ssh_port, path);
  }
  return {};
}

bool DockerHost::is_local() const {
  switch (kind) {
    case Kind::unix_socket: return true;
    case Kind::tcp: return oci::is_loopback(authority);
    case Kind::ssh: return false;
  }
  return false;
}

std::optional<NamedDockerHost> find_configured_docker(const Environment& environment) {
  if (const std::string text = environment("DOCKER_HOST"); !text.empty()) {
    DockerHost host = or_throw(DockerHost::parse(text), ErrorKind::usage, "DOCKER_HOST");
    const std::string certificates = environment("DOCKER_CERT_PATH");
    const bool verify = !environment("DOCKER_TLS_VERIFY").empty();
    if (host.kind == DockerHost::Kind::tcp && (verify || !certificates.empty())) {
      host.tls =
          tls_files_in(certificates.empty() ? docker_folder(environment) : fs::path(certificates));
    }
    return NamedDockerHost{std::move(host), "DOCKER_HOST"};
  }
  const fs::path folder = docker_folder(environment);
  std::string context = environment("DOCKER_CONTEXT");
  std::string chosen_by = "DOCKER_CONTEXT";
  const fs::path config = folder / "config.json";
  if (context.empty() && is_there(config)) {
    context = read_json(config).text_at("currentContext");
    chosen_by = config.string();
  }
  if (context.empty() || context == "default") return {};
  return read_context(folder, context, chosen_by);
}

std::vector<fs::path> usual_docker_sockets(const Environment& environment) {
  std::vector<fs::path> sockets{"/var/run/docker.sock"};
  if (const std::string folder = environment("XDG_RUNTIME_DIR"); !folder.empty()) {
    sockets.push_back(fs::path(folder) / "docker.sock");
  }
  const std::string home = environment("HOME"), colima = environment("COLIMA_HOME");
  if (!home.empty()) {
    for (const char* below :
         {".docker/run/docker.sock", ".docker/desktop/docker.sock", ".orbstack/run/docker.sock"}) {
      sockets.push_back(fs::path(home) / below);
    }
  }
  if (!home.empty() || !colima.empty()) {
    const fs::path folder = colima.empty() ? fs::path(home) / ".colima" : fs::path(colima);
    sockets.push_back(folder / "default" / "docker.sock");
  }
  if (!home.empty()) sockets.push_back(fs::path(home) / ".rd" / "docker.sock");
  return sockets;
}

std::vector<fs::path> usual_podman_sockets(const Environment& environment) {
  std::vector<fs::path> sockets;
  if (const std::string folder = environment("XDG_RUNTIME_DIR"); !folder.empty()) {
    sockets.push_back(fs::path(folder) / "podman" / "podman.sock");
  }
  sockets.push_back("/run/podman/podman.sock");
  if (const std::string folder = environment("TMPDIR"); !folder.empty()) {
    sockets.push_back(fs::path(folder) / "podman" / "podman-machine-default-api.sock");
  }
  if (const std::string home = environment("HOME"); !home.empty()) {
    const fs::path folder = fs::path(home) / ".local/share/containers/podman/machine";
    for (const char* below :
         {"podman.sock", "podman-machine-default/podman.sock", "qemu/podman.sock"}) {
      sockets.push_back(folder / below);
    }
  }
  return sockets;
}

}  // namespace n2c
