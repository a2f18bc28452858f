#pragma once
/// How a server listens, and what it tells of its requests.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "registry/server/store/memory_budget.h"

namespace n2c::registry {

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

  /// The most connections. One more takes the place of one that has nothing to do
  /// (connection_table.h). When all are at work, it waits for `patience`, then it is answered 503
  /// and closed. One address beyond this machine gets at most three quarters.
  std::size_t max_connections = 256;
  std::chrono::milliseconds patience{1000};
  /// How many files this process may open; fewer connections are let in where that is not enough.
  /// 0: any number.
  std::size_t descriptors = 0;
  /// A longer header is answered 431. The extensions and trailers of a body in chunks may have as
  /// many bytes.
  std::size_t max_header_bytes = 16 << 10;
  std::chrono::milliseconds header_time{10'000};  ///< from a header's first byte to its last
  /// The longest time between two requests, and for a read or write without progress. After that
  /// the connection is closed, with a 408 when nothing of a reply was sent.
  std::chrono::milliseconds idle_time{60'000};
  /// The bytes a second that a body must average, once it takes longer than idle_time.
  std::uint64_t min_rate = 1024;
  /// From this size on a reply's body is read on a thread of its own while it is sent. That is
  /// quicker for one client that takes all it gets, but more work in all.
  std::uint64_t read_ahead_from = 8 << 20;

  /// Where replies with a blob take their buffers from: 256 KiB, else 503, and for a large one 1
  /// MiB more, else it is slower. Null: no limit. Outlives the server.
  MemoryBudget* memory = nullptr;

  /// For tests: how many bytes the next read from the client may give.
  std::function<std::size_t()> read_at_most{};

  /// Called after every request, on the connection's thread.
  std::function<void(const AccessRecord&)> on_access{};
  /// Told why a handler, or the body of its reply, failed. Called from any thread.
  std::function<void(std::string_view line)> on_failure{};
};

}  // namespace n2c::registry
