#pragma once
/// A client that sends what it likes, byte by byte if need be.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/system.h"

namespace n2c::test {

class RawClient {
 public:
  /// Connects to loopback. Throws Error{local}.
  explicit RawClient(std::uint16_t port) : fd_(open_socket(AF_INET, Blocking::yes)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
      throw_errno("connect");
    }
  }

  /// False when the server has closed the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = send_bytes(fd_.get(), bytes_of(bytes));
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// Says that nothing more will be sent.
  void finish() { ::shutdown(fd_.get(), SHUT_WR); }

  /// Goes away without a word: the server sees a reset.
  void vanish() {
    const linger at_once{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd_ = FileDescriptor();
  }

  /// What comes until `until` has come (or everything, when it is empty: until the end), for
  /// at most ten seconds.
  std::string receive(std::string_view until = {}) {
    std::string got;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (until.empty() || !got.contains(until)) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      pollfd watched{fd_.get(), POLLIN, 0};
      if (left.count() <= 0 || ::poll(&watched, 1, static_cast<int>(left.count())) <= 0) break;
      std::array<char, 4096> block{};
      const ssize_t count = ::recv(fd_.get(), block.data(), block.size(), 0);
      if (count <= 0) break;
      got.append(block.data(), static_cast<std::size_t>(count));
    }
    return got;
  }

  /// One request and its whole reply; the connection ends with it.
  std::string ask(std::string_view request) {
    send(request);
    finish();
    return receive();
  }

 private:
  FileDescriptor fd_;
};

}  // namespace n2c::test
