#include "test/support/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"
#include "base/system.h"
#include "base/text.h"

namespace n2c::test {

namespace {

FileDescriptor listen_on_loopback(std::uint16_t& port) {
  FileDescriptor listener = open_socket(AF_INET, Blocking::no);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), 128) != 0 ||
      ::getsockname(listener.get(), generic, &size) != 0) {
    throw_errno("listen on loopback");
  }
  port = ntohs(address.sin_port);
  return listener;
}

FileDescriptor listen_on_path(const std::string& path) {
  FileDescriptor listener = open_socket(AF_UNIX, Blocking::no);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 128) != 0) {
    throw_errno("listen on " + path);
  }
  return listener;
}

}  // namespace

std::string RawConnection::read_until(std::string_view mark) {
  while (true) {
    if (const auto at = ahead_.find(mark); at != std::string::npos) {
      std::string text = ahead_.substr(0, at + mark.size());
      ahead_.erase(0, text.size());
      return text;
    }
    std::array<char, 65536> block{};
    const ssize_t count = ::recv(fd(), block.data(), block.size(), 0);
    if (count <= 0) return "";
    ahead_.append(block.data(), static_cast<std::size_t>(count));
  }
}

std::string RawConnection::read_head() { return read_until("\r\n\r\n"); }

std::string RawConnection::read(std::size_t count) {
  std::string text = ahead_.substr(0, count);
  ahead_.erase(0, text.size());
  std::vector<char> block(std::min<std::size_t>(count, 1 << 20));
  while (text.size() < count) {
    const std::size_t most = std::min(block.size(), count - text.size());
    const ssize_t got = ::recv(fd(), block.data(), most, 0);
    if (got <= 0) break;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string RawConnection::read_body(std::string_view head) {
  const std::string lower = lower_ascii(head);
  if (const auto at = lower.find("content-length: "); at != std::string::npos) {
    const auto rest = std::string_view(lower).substr(at + 16);
    return read(parse_number(rest.substr(0, rest.find('\r'))).value_or(0));
  }
  std::string body;
  if (lower.find("transfer-encoding: chunked") == std::string::npos) return body;
  while (true) {
    const std::string line = read_until("\r\n");
    std::size_t size = 0;
    std::from_chars(line.data(), line.data() + line.size(), size, 16);
    body += read(size);
    read(2);
    if (size == 0) return body;
  }
}

bool RawConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send_bytes(fd(), bytes_of(bytes));
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void RawConnection::reply(int status, std::string_view body, std::string_view more_headers) {
  send(cat("HTTP/1.1 ", status, " X\r\nContent-Length: ", body.size(), "\r\n", more_headers, "\r\n",
           body));
}

void RawConnection::drip(std::string_view bytes, std::chrono::milliseconds every) {
  pollfd broken{fd(), 0, 0};
  while (send(bytes) && ::poll(&broken, 1, static_cast<int>(every.count())) == 0) {
  }
}

void RawConnection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  const std::scoped_lock hold(socket_->mutex);
  socket_->fd = FileDescriptor();
}

void RawConnection::stall() {
  pollfd ended{ended_->fd(), POLLIN, 0};
  ::poll(&ended, 1, -1);
}

RawServer::RawServer(Script script, const std::string& unix_socket)
    : script_(std::move(script)),
      listener_(unix_socket.empty() ? listen_on_loopback(port_) : listen_on_path(unix_socket)),
      acceptor_([this] { accept_all(); }) {}

RawServer::~RawServer() {
  {
    const std::scoped_lock hold(mutex_);
    ending_ = true;
    for (const auto& weak : sockets_) {
      const auto socket = weak.lock();
      if (!socket) continue;
      const std::scoped_lock hold_socket(socket->mutex);
      if (socket->fd) ::shutdown(socket->fd.get(), SHUT_RDWR);
    }
  }
  ended_.signal();
  acceptor_.join();
  threads_.clear();
}

void RawServer::accept_all() {
  while (true) {
    wait_readable(listener_.get(), ended_.fd());
    const std::scoped_lock hold(mutex_);
    if (ending_) return;
    FileDescriptor accepted = accept_socket(listener_.get(), Blocking::yes);
    if (!accepted) continue;
    const auto socket = std::make_shared<RawConnection::Socket>();
    socket->fd = std::move(accepted);
    sockets_.emplace_back(socket);
    threads_.emplace_back(
        [this, connection = RawConnection(socket, connections_, ended_)]() mutable {
          script_(connection);
          connection = RawConnection(nullptr, 0, ended_);
        });
    ++connections_;
    came_.notify_all();
  }
}

std::string RawServer::url(std::string_view path) const {
  return cat("http://127.0.0.1:", port_, path);
}

std::size_t RawServer::connections() const {
  const std::scoped_lock hold(mutex_);
  return connections_;
}

bool RawServer::wait_for_connections(std::size_t count) {
  std::unique_lock hold(mutex_);
  return came_.wait_for(hold, std::chrono::seconds(10), [&] { return connections_ >= count; });
}

RawServer::Script answering(
    std::function<void(RawConnection&, const std::string&, const std::string&)> answer) {
  return [answer = std::move(answer)](RawConnection& connection) {
    while (true) {
      const std::string head = connection.read_head();
      if (head.empty()) return;
      answer(connection, head, connection.read_body(head));
    }
  };
}

}  // namespace n2c::test
