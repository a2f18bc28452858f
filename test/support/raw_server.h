#pragma once
/// A server that follows a script byte by byte, for what a well-behaved one never does: cut,
/// stall, garbage, replies before the request has ended.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/system.h"

namespace n2c::test {

/// One connection, used by its script only. Reading past the peer's end gives less.
class RawConnection {
 public:
  /// A socket that its script may close, and the server's end shut down.
  struct Socket {
    std::mutex mutex;
    FileDescriptor fd;
  };
  /// `ended` is signalled when the server ends, and outlives this.
  RawConnection(std::shared_ptr<Socket> socket, std::size_t index, const WakeUp& ended)
      : socket_(std::move(socket)), index_(index), ended_(&ended) {}

  /// Which connection of the server this is, from 0.
  std::size_t index() const { return index_; }
  /// A request's head, up to and with its empty line; "" when the peer has gone.
  std::string read_head();
  /// The body that `head` announces, by Content-Length or chunked (then unwrapped).
  std::string read_body(std::string_view head);
  /// Up to `count` bytes.
  std::string read(std::size_t count);
  /// False when the peer takes no more.
  bool send(std::string_view bytes);
  /// A whole reply with Content-Length.
  void reply(int status, std::string_view body, std::string_view more_headers = "");
  /// The same bytes over and over, `every` so long, until the peer takes no more.
  void drip(std::string_view bytes, std::chrono::milliseconds every);
  /// Ends with a reset instead of a goodbye.
  void reset();
  /// Says nothing more, and reads nothing, until the server ends.
  void stall();

 private:
  std::string read_until(std::string_view mark);
  int fd() const { return socket_->fd.get(); }

  std::shared_ptr<Socket> socket_;
  std::size_t index_;
  const WakeUp* ended_;
  std::string ahead_;  // read from the socket and not yet given out
};

/// Listens on 127.0.0.1 (or a unix socket) from construction to destruction.
class RawServer {
 public:
  using Script = std::function<void(RawConnection&)>;

  /// Runs `script` for each connection, on a thread of its own.
  explicit RawServer(Script script, const std::string& unix_socket = "");
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  /// "http://127.0.0.1:PORT" and `path`.
  std::string url(std::string_view path) const;
  std::size_t connections() const;
  /// Waits until so many connections came; false after 10 s.
  bool wait_for_connections(std::size_t count);

 private:
  void accept_all();

  Script script_;
  std::uint16_t port_ = 0;
  FileDescriptor listener_;
  WakeUp ended_;
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::weak_ptr<RawConnection::Socket>> sockets_;
  std::vector<std::jthread> threads_;
  std::size_t connections_ = 0;
  bool ending_ = false;
  std::jthread acceptor_;
};

/// A script that answers each request of each connection by `answer` (head, body), keep-alive.
RawServer::Script answering(
    std::function<void(RawConnection&, const std::string& head, const std::string& body)> answer);

}  // namespace n2c::test
