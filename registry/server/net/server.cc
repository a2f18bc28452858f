#include "registry/server/net/server.h"

#include <system_error>

#include "base/text.h"
#include "registry/server/api/api.h"
#include "registry/server/net/connection.h"
#include "registry/server/net/connection_threads.h"

namespace n2c::registry {

using std::chrono::milliseconds;

struct Server::Impl {
  Impl(Handler handler, ServerOptions options, Interceptor interceptor)
      : shared{std::move(handler), std::move(options), std::move(interceptor), {}, {}},
        listener(make_listener(shared.options)),
        table(ConnectionTable::Limits::of(shared.options.max_connections,
                                          shared.options.descriptors)) {
    if (shared.options.tls) use_tls(*shared.options.tls);
    const std::size_t all = table.limits().all;
    if (all < shared.options.max_connections && shared.options.on_failure) {
      shared.options.on_failure(cat("only ", all,
                                    " connections at once, for this process may open ",
                                    shared.options.descriptors, " files (ulimit -n)"));
    }
    threads.emplace(
        *listener, table, shared.options.patience,
        ConnectionThreads::Calls{
            .serve =
                [this](Listener::Accepted accepted, ConnectionTable::Place& place) {
                  Connection(shared, std::move(accepted), place).run();
                },
            .turn_away =
                [this](Listener::Accepted accepted) { turn_away(shared, std::move(accepted)); },
            .tell = shared.options.on_failure});
  }

  void use_tls(const TlsIdentity& identity) {
    auto context = std::make_shared<const TlsContext>(identity);
    shared.tls.with([&](auto& tls) { tls = std::move(context); });
  }

  static std::unique_ptr<Listener> make_listener(const ServerOptions& options) {
    if (!options.unix_socket.empty()) return std::make_unique<Listener>(options.unix_socket);
    return std::make_unique<Listener>(options.address, options.port);
  }

  Shared shared;
  std::unique_ptr<Listener> listener;
  ConnectionTable table;
  std::optional<ConnectionThreads> threads;
};

Server::Server(Handler handler, ServerOptions options, Interceptor interceptor)
    : impl_(
          std::make_unique<Impl>(std::move(handler), std::move(options), std::move(interceptor))) {}

Server::Server(Api& api, ServerOptions options, Interceptor interceptor)
    : Server([&api](Request& request) { return api.handle(request); }, std::move(options),
             std::move(interceptor)) {}

Server::~Server() { drain(milliseconds(0)); }

std::uint16_t Server::port() const { return impl_->listener->port(); }

std::size_t Server::connection_count() const { return impl_->threads->count(); }

std::optional<Error> Server::failure() const {
  const int error = impl_->threads->failure();
  if (error == 0) return {};
  return Error(ErrorKind::local,
               cat("accept connections: ", std::generic_category().message(error)),
               "nobody could reach this server any more, so it ended; start it again");
}

void Server::use_tls(const TlsIdentity& identity) { impl_->use_tls(identity); }

void Server::drain(milliseconds grace) {
  impl_->threads->stop_accepting();
  impl_->listener->close();
  impl_->shared.draining.raise();
  if (impl_->threads->wait_for_none(grace)) return;
  impl_->shared.cut.raise();
  impl_->threads->wait_for_none(std::chrono::hours(24));
}

}  // namespace n2c::registry
