#pragma once
/// The registries one command talks to: how they are reached and logged in to.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/locked.h"
#include "base/printable.h"
#include "base/retry.h"
#include "http/transport.h"
#include "oci/reference.h"
#include "registry/client/auth/credentials.h"
#include "registry/client/client.h"
#include "registry/client/host.h"

namespace n2c {

/// What the command line says about registries.
struct RegistryOptions {
  std::optional<registry::Credentials> credentials{};  ///< --creds, --registry-token
  /// The host that `credentials` are for; other hosts get the logins of files. Empty: any host.
  std::string credentials_host{};
  std::filesystem::path auth_file{};  ///< --auth-file
  bool plain_http = false;            ///< --plain-http
  /// --tls-verify=false: plain HTTP is used for a host that does not speak TLS.
  bool plain_http_fallback = false;
  bool tls = false;  ///< --tls-verify=true: HTTPS for loopback hosts too
  /// --allow-http-redirect: a registry with TLS may lead to a host without.
  bool allow_http_redirect = false;
  std::string ca_file{}, client_cert_file{}, client_key_file{};
  bool verify_tls = true;                        ///< --insecure-skip-tls-verify makes it false
  RetryPolicy retry{};                           ///< --retry, --retry-max-time
  std::optional<std::uint64_t> chunk_size{};     ///< --chunk-size, bytes
  std::size_t in_flight = 64;                    ///< requests to one host at once
  std::function<void(const Printable&)> note{};  ///< retries, fallbacks, warnings
  /// Retries, in place of notes of them.
  std::function<void(const RetryNotice&)> retry_note{};
  Clock* clock = nullptr;                         ///< in place of the machine's; outlives them
  std::function<void(const Printable&)> trace{};  ///< --debug: requests, secrets masked
};

/// One transport, one set of logins, one Host for each registry. Thread-safe.
class Registries {
 public:
  explicit Registries(RegistryOptions options);
  ~Registries();
  Registries(const Registries&) = delete;
  Registries& operator=(const Registries&) = delete;

  /// A client of a repository; several may live side by side. It must not outlive this.
  registry::RegistryClient client(const oci::Repository& repository,
                                  registry::Access access = registry::Access::push);
  Clock& clock() { return options_.clock != nullptr ? *options_.clock : clock_; }
  /// One line for --debug.
  void trace(const Printable& line) const {
    if (options_.trace) options_.trace(line);
  }
  /// Asks the host whether it lets us in. Throws Error{auth} when it does not.
  void check_login(const std::string& host, std::stop_token stop);

 private:
  std::shared_ptr<registry::Host> host_of(const std::string& host);
  http::TlsFiles tls_of(std::string_view authority) const;
  /// Whether certificates were named for it. Then it has TLS, even on loopback.
  bool wants_tls(const std::string& host) const;
  bool speaks_plain_http(const std::string& host) const;

  RegistryOptions options_;
  SystemClock clock_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<registry::AuthProvider> auth_;
  Locked<std::map<std::string, std::shared_ptr<registry::Host>>> hosts_;
};

}  // namespace n2c
