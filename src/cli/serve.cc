/// n2c serve: an OCI registry in this process.

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "oci/reference.h"
#include "registry/server/access_log.h"
#include "registry/server/api.h"
#include "registry/server/memory_store.h"
#include "registry/server/server.h"

namespace n2c::cli {

namespace {

constexpr std::chrono::seconds drain_time{30};

/// The command line as it stands.
struct ServeArguments {
  std::string listen = "127.0.0.1:5000";
  bool insecure_listen = false;
  std::string tls_certificate, tls_key;
  bool memory = false;
  bool read_only = false;
  bool sparse = false;
  std::uint64_t chunk_min_length = 0;
  std::size_t max_connections = 256;
  std::string port_file;
  bool json = false;
};

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};

/// "127.0.0.1:5000", "[::1]:0", ":5000" (every address), "5000" (loopback).
Parsed<ListenAddress> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool port_only = colon == std::string_view::npos;
  const auto port = parse_number(port_only ? text : text.substr(colon + 1));
  if (!port || *port > 65535) return std::unexpected("expected ADDRESS:PORT");
  std::string_view host = port_only ? "127.0.0.1" : text.substr(0, colon);
  if (host.empty()) host = "0.0.0.0";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return ListenAddress{std::string(host), static_cast<std::uint16_t>(*port)};
}

bool is_loopback_address(const std::string& host) {
  return oci::is_loopback(host.contains(':') ? cat('[', host, ']') : host);
}

registry::ServerOptions server_options(const ServeArguments& arguments) {
  const auto where = or_throw(parse_listen(arguments.listen), ErrorKind::usage, "--listen");
  const bool tls = !arguments.tls_certificate.empty();
  if (!tls && !arguments.insecure_listen && !is_loopback_address(where.host)) {
    throw Error(ErrorKind::usage, cat("--listen ", arguments.listen, ": not loopback, and no TLS"),
                "give --tls-cert and --tls-key, or --insecure-listen if the network is trusted");
  }
  registry::ServerOptions options{.address = where.host, .port = where.port};
  options.max_connections = arguments.max_connections;
  if (tls) {
    constexpr std::uint64_t limit = 1 << 20;
    options.tls = {.certificate_chain = read_file(arguments.tls_certificate, limit),
                   .key = read_file(arguments.tls_key, limit)};
  }
  const auto line = arguments.json ? registry::access_json : registry::access_line;
  options.on_access = [line](const registry::AccessRecord& record) {
    std::fputs((line(record) + "\n").c_str(), stdout);  // one call, so that lines do not mix
    std::fflush(stdout);
  };
  return options;
}

void wait_for_stop(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock hold(mutex);
  never.wait(hold, stop, [] { return false; });
}

int serve(const ServeArguments& arguments, std::stop_token stop) {
  auto options = server_options(arguments);
  registry::MemoryStore store;
  registry::ApiOptions api_options{.read_only = arguments.read_only,
                                   .accept_sparse = arguments.sparse};
  if (arguments.chunk_min_length != 0) api_options.chunk_min_length = arguments.chunk_min_length;
  registry::Api api(store, api_options);
  const std::string host = options.address;
  registry::Server server(api, std::move(options));
  if (!arguments.port_file.empty()) write_file(arguments.port_file, cat(server.port(), "\n"));
  std::fputs(cat("n2c: serving on ", host, ":", server.port(), "\n").c_str(), stderr);
  wait_for_stop(stop);
  server.drain(drain_time);
  return 0;
}

}  // namespace

void add_serve_command(CLI::App& app, Invocation& chosen) {
  auto arguments = std::make_shared<ServeArguments>();
  CLI::App* command = app.add_subcommand("serve", "be an OCI registry");
  command->add_option("--listen", arguments->listen, "ADDRESS:PORT; port 0 takes a free one")
      ->capture_default_str();
  command->add_flag("--insecure-listen", arguments->insecure_listen,
                    "listen beyond loopback without TLS");
  auto* certificate =
      command->add_option("--tls-cert", arguments->tls_certificate, "PEM file: certificate chain");
  auto* key = command->add_option("--tls-key", arguments->tls_key, "PEM file: its key");
  certificate->needs(key);
  key->needs(certificate);
  command->add_flag("--memory", arguments->memory, "keep what is pushed in memory (the default)");
  command->add_flag("--read-only", arguments->read_only, "refuse every push and delete");
  command->add_flag("--sparse", arguments->sparse,
                    "accept manifests that name blobs the repository lacks");
  command->add_option("--chunk-min-length", arguments->chunk_min_length,
                      "bytes; announced as OCI-Chunk-Min-Length");
  command->add_option("--max-connections", arguments->max_connections)->capture_default_str();
  command->add_option("--port-file", arguments->port_file, "write the port there once listening");
  command->add_flag("--json", arguments->json, "access lines as JSON");
  command->callback([arguments, &chosen] {
    chosen.action = [arguments](std::stop_token stop) { return serve(*arguments, stop); };
  });
}

}  // namespace n2c::cli
