#pragma once
/// What a client has sent and has not been parsed yet.

#include <algorithm>
#include <functional>
#include <vector>

#include "registry/server/net/socket.h"

namespace n2c::registry {

/// A small buffer before a connection's socket. One thread at a time.
class Inbox {
 public:
  /// `read_at_most` may be empty: see ServerOptions. Both outlive this.
  Inbox(Socket& socket, std::size_t capacity, const std::function<std::size_t()>& read_at_most)
      : socket_(socket), read_at_most_(read_at_most), bytes_(capacity) {}

  ByteView unread() const { return ByteView(bytes_).subspan(begin_, end_ - begin_); }
  void consume(std::size_t count) { begin_ += count; }

  /// Waits for more and puts it after the unread bytes, which must not fill the buffer.
  Transfer refill(Socket::TimePoint deadline, const StopFlag* also = nullptr) {
    std::copy(bytes_.begin() + offset(begin_), bytes_.begin() + offset(end_), bytes_.begin());
    end_ -= begin_;
    begin_ = 0;
    const Transfer got = receive(ByteSpan(bytes_).subspan(end_), deadline, also);
    end_ += got.count;
    return got;
  }
  /// Waits for more and puts it into `into`, without the buffer, in which nothing may be unread.
  Transfer receive(ByteSpan into, Socket::TimePoint deadline, const StopFlag* also = nullptr) {
    if (read_at_most_) into = into.first(std::clamp<std::size_t>(read_at_most_(), 1, into.size()));
    return socket_.read(into, deadline, also);
  }
  Socket& socket() { return socket_; }

 private:
  static std::ptrdiff_t offset(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }

  Socket& socket_;
  const std::function<std::size_t()>& read_at_most_;
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace n2c::registry
