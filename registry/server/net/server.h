#pragma once
/// The sockets under the API: HTTP/1.1 over TCP, TLS or a unix socket.
///
/// One thread a connection, up to a limit; reads and writes block with a deadline.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "registry/server/api/request.h"
#include "registry/server/store/memory_budget.h"

namespace n2c::registry {

class Api;

/// PEM texts.
struct TlsIdentity {
  std::string certificate_chain;
  std::string key;
  /// When set, clients must show a certificate that one of these signed.
  std::string client_authorities{};
};

/// One request that was answered, or that ended without an answer (status 0).
struct AccessRecord {
  std::string peer;  ///< "127.0.0.1:40312"; "unix" for a unix socket
  std::string method, target;
  int status = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;  ///< of bodies
  std::chrono::nanoseconds elapsed{};
  std::string user_agent;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one; port() tells
  /// Listen on this unix socket instead. The file is removed at the end.
  std::filesystem::path unix_socket{};
  std::optional<TlsIdentity> tls{};

  /// One more takes the place of one that has nothing to do (connection_table.h); when all have,
  /// it is answered 503 and closed. One address beyond this machine has three quarters of them.
  std::size_t max_connections = 256;
  /// More is answered 431. As much may come besides a body in chunks: extensions and trailers.
  std::size_t max_header_bytes = 16 << 10;
  std::chrono::milliseconds header_time{10'000};  ///< from a header's first byte to its last
  /// Between two requests, and for each read or write to make any progress. What is over is
  /// answered 408 when nothing of a reply was sent, and closed.
  std::chrono::milliseconds idle_time{60'000};
  /// Bytes a second that a body must average, once it took longer than idle_time.
  std::uint64_t min_rate = 1024;
  /// Bytes from which on a reply's body is read on a thread of its own while it is sent, which is
  /// quicker for one client that takes all it gets, and more work in all.
  std::uint64_t read_ahead_from = 8 << 20;

  /// Where requests that move bytes take their buffers from; 503 when there is no room. Null: no
  /// limit. Outlives the server.
  MemoryBudget* memory = nullptr;

  /// For tests: how many bytes the next read from the client may give.
  std::function<std::size_t()> read_at_most{};

  /// Called after every request, on the connection's thread.
  std::function<void(const AccessRecord&)> on_access{};
  /// Told why a handler, or the body of its reply, failed. Any thread.
  std::function<void(std::string_view line)> on_failure{};
};

/// Answers a request. Called from several threads at once. What it throws ends the connection:
/// with 500 when nothing was sent yet and the client is still there.
using Handler = std::function<Reply(Exchange&)>;

/// What to do with a request instead of, or around, handling it. For tests.
struct Verdict {
  std::optional<Reply> answer{};  ///< instead of the handler's
  /// Close the connection once so many bytes of the request's body were read by the handler.
  std::optional<std::uint64_t> cut_request_after{};
  /// Close it once so many bytes of the reply's body were sent (0: right after the header).
  std::optional<std::uint64_t> cut_reply_after{};
  bool cut_reply = false;               ///< handle the request, send nothing, close
  std::chrono::milliseconds delay{0};   ///< before anything else; ends early when the server stops
  std::function<void(Reply&)> amend{};  ///< changes the handler's reply
};

/// Looks at a request before it is handled; nothing means: go on. The body must not be read.
using Interceptor = std::function<std::optional<Verdict>(const Exchange&)>;

/// Serves one connected socket, which must not block, on the calling thread until its client is
/// done. For tests.
void serve_connection(FileDescriptor client, const Handler& handler, const ServerOptions& options);

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

  /// Accepts no more, lets requests in flight end for up to `grace`, then cuts them.
  void drain(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace n2c::registry
