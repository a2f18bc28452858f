#pragma once
/// One client, from its first request to its last.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/locked.h"
#include "registry/server/net/body_reader.h"
#include "registry/server/net/handler.h"
#include "registry/server/net/haste.h"
#include "registry/server/net/reply_writer.h"
#include "registry/server/net/server_options.h"

namespace n2c::registry {

/// What connections share.
struct Shared {
  Handler handler;
  ServerOptions options;
  Interceptor interceptor;
  StopFlag draining;  ///< no further request
  StopFlag cut;       ///< every wait ends
  /// For new connections; none without TLS.
  std::shared_ptr<const TlsContext> tls_now() const {
    return tls.with([](const auto& context) { return context; });
  }
  Locked<std::shared_ptr<const TlsContext>> tls{};
};

class Connection {
 public:
  /// Gives `place` up at its end. Both outlive it.
  Connection(Shared& shared, Listener::Accepted accepted, ConnectionTable::Place& place);
  ~Connection() { place_.leave(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The root of a thread. Whatever fails ends this connection and nothing else.
  void run() noexcept;

 private:
  enum class Next {
    request,   ///< the connection can be used again
    farewell,  ///< we said that it ends
    gone,      ///< there is no one to say anything to
  };

  Next serve_one();
  std::optional<ApiError> read_head(HeadScanner& scanner);
  Next refuse(const ApiError& error);
  Next refuse_plain();
  Next answer(RequestHead head);
  std::pair<Next, Sent> reply_to_one(Request& request, BodyReader& body, bool keep);
  Reply handle(Request& request, BodyReader& body, std::optional<Verdict>& verdict);
  void linger();
  void tell(std::string_view failure) const;
  void log(const AccessRecord& record) const;

  Shared& shared_;
  ConnectionTable::Place& place_;
  std::string peer_;
  Socket socket_;
  Inbox inbox_;
  Haste haste_{};
};

/// Tells a connection, without waiting, that there are too many.
void turn_away(Shared& shared, Listener::Accepted accepted);

}  // namespace n2c::registry
