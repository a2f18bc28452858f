#include "remote/registries.h"

#include "registry/client/auth/certs_d.h"
#include "registry/client/failure.h"

namespace n2c {

Registries::Registries(RegistryOptions options) : options_(std::move(options)) {
  transport_ = http::make_curl_transport({
      .user_agent = "n2c/" N2C_VERSION,
      .tls = [this](std::string_view authority) { return tls_of(authority); },
      .trace = options_.trace,
  });
  auth_ = registry::make_file_auth(
      registry::find_auth_places(options_.auth_file, process_environment()));
  if (options_.credentials) {
    auth_ = std::make_unique<registry::NamedAuth>(*options_.credentials, options_.credentials_host,
                                                  std::move(auth_));
  }
}

Registries::~Registries() = default;

registry::RegistryClient Registries::client(const oci::Repository& repository,
                                            registry::Access access) {
  return {host_of(repository.host), repository, access};
}

void Registries::check_login(const std::string& host, std::stop_token stop) {
  const auto registry = host_of(host);
  const registry::HostCall call{.request = http::Request{.url = registry->url("")}};
  const auto reply = registry->send(call, std::move(stop));
  // 404 is a registry that does not answer at its base URL, but did not refuse the login.
  if (registry::is_ok(reply.response)) return;
  if (reply.response.status != 404 || registry::is_page(reply.response)) {
    throw registry->failure(call.request, reply, {});
  }
}

std::shared_ptr<registry::Host> Registries::host_of(const std::string& host) {
  return hosts_.with([&](auto& hosts) {
    auto& slot = hosts[host];
    if (!slot) {
      slot = std::make_shared<registry::Host>(
          host, *transport_, *auth_, clock(),
          registry::HostOptions{.plain_http = speaks_plain_http(host),
                                .tls = wants_tls(host),
                                .allow_http_redirect = options_.allow_http_redirect,
                                .retry = options_.retry,
                                .profile = registry::HostProfile{.chunk = options_.chunk_size},
                                .in_flight = options_.in_flight,
                                .note = options_.note,
                                .retry_note = options_.retry_note});
    }
    return slot;
  });
}

/// Asks over HTTPS first, so that a host with TLS gets no login in the clear.
bool Registries::speaks_plain_http(const std::string& host) const {
  if (options_.plain_http || !options_.plain_http_fallback) return options_.plain_http;
  const auto answers = [&](bool plain) {
    const auto url = registry::base_url(host, {.plain_http = plain, .tls = wants_tls(host)});
    if (!url) return false;
    try {
      transport_->send({.url = *url}, {});
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::network) throw;
      return false;
    }
  };
  return !answers(false) && answers(true);
}

bool Registries::wants_tls(const std::string& host) const {
  const http::TlsFiles files = tls_of(host);
  const bool is_unchecked = !options_.verify_tls && !options_.plain_http_fallback;
  return options_.tls || is_unchecked || !files.ca_files.empty() || !files.client_cert_file.empty();
}

http::TlsFiles Registries::tls_of(std::string_view authority) const {
  http::TlsFiles files =
      registry::find_tls_files(registry::find_certs_folders(process_environment()), authority);
  if (!options_.ca_file.empty()) files.ca_files.push_back(options_.ca_file);
  if (!options_.client_cert_file.empty()) {
    files.client_cert_file = options_.client_cert_file;
    files.client_key_file = options_.client_key_file;
  }
  files.verify = options_.verify_tls;
  return files;
}

}  // namespace n2c
