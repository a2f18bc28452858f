#pragma once
/// Connected sockets with deadlines, plain or TLS, and the ones that listen.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/stream.h"
#include "base/system.h"
#include "registry/server/net/connection_table.h"

struct ssl_st;
struct ssl_ctx_st;

namespace n2c::registry {

struct TlsIdentity;

/// Once raised, it ends all waits that watch it. It stays raised. Thread-safe.
class StopFlag {
 public:
  void raise();
  bool raised() const { return raised_; }
  int fd() const { return wake_.fd(); }

 private:
  WakeUp wake_;
  std::atomic<bool> raised_ = false;
};

/// Makes TLS connections with a certificate and a key. Thread-safe.
class TlsContext {
 public:
  /// Throws Error{input} when the texts are not a certificate and its key.
  explicit TlsContext(const TlsIdentity& identity);
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Free>;
  static Handle new_handle();

  Handle context_;
};

/// The result of a read or write.
struct Transfer {
  enum class End { none, closed, timed_out, stopped };
  std::size_t count = 0;
  End end = End::none;  ///< none: count bytes went; else count is 0
};

/// One client's connection. One thread at a time.
class Socket {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Takes over a connected socket. `cut` ends every wait; `activity` is told how they went. Both
  /// outlive this.
  Socket(FileDescriptor fd, const StopFlag& cut, Activity& activity);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// The server's side of a TLS handshake; false when it failed.
  bool accept_tls(const TlsContext& context, TimePoint deadline);
  /// Whether the client begins with a TLS handshake. True as well where nothing comes in time.
  bool begins_tls(TimePoint deadline);

  /// Reads some bytes, at least one. `also` ends the wait too.
  Transfer read(ByteSpan into, TimePoint deadline, const StopFlag* also = nullptr);
  /// Writes some of the bytes. `more` says that others follow at once.
  Transfer write(ByteView bytes, TimePoint deadline, bool more = false);

  /// Tells the client that nothing more will be sent.
  void finish_writing();
  /// Time spent waiting for the client in this request.
  std::chrono::nanoseconds waited() const { return activity_.waited(); }

 private:
  std::optional<Transfer::End> wait(short events, TimePoint deadline, const StopFlag* also);
  Transfer read_plain(ByteSpan into, TimePoint deadline, const StopFlag* also);
  Transfer write_plain(ByteView bytes, TimePoint deadline, bool more);
  Transfer read_tls(ByteSpan into, TimePoint deadline, const StopFlag* also);
  Transfer write_tls(ByteView bytes, TimePoint deadline);
  /// Waits for what TLS needs after `result`. Returns an end when it cannot go on.
  std::optional<Transfer::End> wait_tls(int result, TimePoint deadline, const StopFlag* also);

  struct Free {
    void operator()(ssl_st* tls) const;
  };
  FileDescriptor fd_;
  const StopFlag& cut_;
  Activity& activity_;
  std::unique_ptr<ssl_st, Free> tls_;
};

/// A listening socket: TCP or unix.
class Listener {
 public:
  /// Throws Error{local} "listen on 127.0.0.1:80: Permission denied".
  Listener(const std::string& address, std::uint16_t port);
  explicit Listener(std::filesystem::path unix_socket);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return port_; }  ///< 0 for a unix socket

  struct Accepted {
    FileDescriptor fd;
    std::string peer;
  };
  /// Waits until there is a connection, `stop` is raised or `time` is over, and tries to accept
  /// one; else why not, by errno: EAGAIN where there is none.
  std::expected<Accepted, int> accept(const StopFlag& stop,
                                      std::optional<std::chrono::milliseconds> time = {});
  /// Refuses connections from now on. No accept() may be under way.
  void close();

 private:
  FileDescriptor fd_;
  std::uint16_t port_ = 0;
  std::filesystem::path unix_socket_;
};

/// Waits until `stop` is raised or `time` is over.
void wait_for(const StopFlag& stop, std::chrono::milliseconds time);

}  // namespace n2c::registry
