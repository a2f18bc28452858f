#pragma once
/// The sockets under the API: HTTP/1.1 over TCP, TLS or a unix socket.
///
/// One thread a connection, up to a limit; reads and writes block with a deadline.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "registry/server/net/handler.h"
#include "registry/server/net/server_options.h"

namespace n2c::registry {

class Api;

/// Listens from construction to destruction.
class Server {
 public:
  /// Throws Error{local} when it cannot listen ("listen on 127.0.0.1:80: Permission denied"),
  /// Error{input} for a bad certificate or key.
  Server(Handler handler, ServerOptions options, Interceptor interceptor = {});
  /// The API must outlive the server.
  Server(Api& api, ServerOptions options, Interceptor interceptor = {});
  /// As drain(0 s).
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  std::size_t connection_count() const;
  /// Why it accepts no connections any more; nothing while it does. It stays as it is then, and is
  /// best ended.
  std::optional<Error> failure() const;

  /// New connections have this identity. Throws Error{input} for a bad certificate or key, and
  /// changes nothing then. Only for a server that began with TLS.
  void use_tls(const TlsIdentity& identity);

  /// Accepts no more, lets requests in flight end for up to `grace`, then cuts them.
  void drain(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace n2c::registry
