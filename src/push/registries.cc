#include "push/registries.h"

namespace n2c {

Registries::Registries(RegistryOptions options) : options_(std::move(options)) {
  transport_ = http::make_curl_transport({
      .user_agent = "n2c/" N2C_VERSION,
      .tls = [this](std::string_view authority) { return tls_of(authority); },
      .trace = options_.trace,
  });
  if (options_.credentials) {
    auth_ = std::make_unique<registry::FixedAuth>(options_.credentials);
  } else {
    auth_ = registry::make_file_auth(
        registry::find_auth_places(options_.auth_file, registry::process_environment()));
  }
}

Registries::~Registries() = default;

registry::RegistryClient Registries::client(const oci::Repository& repository,
                                            registry::Access access) {
  auto host = hosts_.with([&](auto& hosts) {
    auto& slot = hosts[repository.host];
    if (!slot) {
      slot = std::make_shared<registry::Host>(
          repository.host, *transport_, *auth_, clock_,
          registry::HostOptions{.plain_http = options_.plain_http,
                                .retry = options_.retry,
                                .profile = {.chunk = options_.chunk_size},
                                .in_flight = options_.in_flight,
                                .note = options_.note});
    }
    return slot;
  });
  return {std::move(host), repository, access};
}

http::TlsFiles Registries::tls_of(std::string_view) const {
  return {.ca_file = options_.ca_file,
          .client_cert_file = options_.client_cert_file,
          .client_key_file = options_.client_key_file,
          .verify = options_.verify_tls};
}

}  // namespace n2c
