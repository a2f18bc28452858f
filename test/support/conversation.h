#pragma once
/// A client's bytes to a whole server behind a socket pair, cut as a test likes, and what comes
/// back.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "registry/server/api/api.h"
#include "registry/server/net/connection.h"
#include "registry/server/store/memory_store.h"
#include "test/support/api_caller.h"

namespace n2c::test {

/// A registry that holds blobs "hello" and "{}" in repository app, an image of both under tag 1,
/// and an upload that has "hel", whose id is 32 zeros. Two that are told the same answer the same.
class FurnishedRegistry {
 public:
  FurnishedRegistry() {
    ApiCaller http(api_);
    http.patch(http.post("/v2/app/blobs/uploads/").header("Location"), "hel");
    const std::string layer = http.push_blob("app", "hello");
    const std::string config = http.push_blob("app", "{}");
    const auto descriptor = [](std::string_view type, const std::string& digest, int size) {
      return cat(R"({"mediaType":"application/vnd.oci.image.)", type, R"(","digest":")", digest,
                 R"(","size":)", size, "}");
    };
    http.put("/v2/app/manifests/1",
             cat(R"({"schemaVersion":2,"config":)", descriptor("config.v1+json", config, 2),
                 R"(,"layers":[)", descriptor("layer.v1.tar", layer, 5), "]}"),
             {{"Content-Type", std::string(oci::media_type::manifest)}});
  }

  /// Everything that the server answers, without dates. `read_at_most` as in ServerOptions.
  std::string converse(const std::string& input, std::function<std::size_t()> read_at_most = {}) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw_errno("socketpair");
    const FileDescriptor client(ends[0]);
    FileDescriptor server(ends[1]);
    ::fcntl(server.get(), F_SETFL, O_NONBLOCK);  // as accepted ones are
    const int room = 4 << 20;
    ::setsockopt(client.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    ::setsockopt(server.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (::write(client.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
      throw_errno("write");
    }
    ::shutdown(client.get(), SHUT_WR);
    ServerOptions options;
    options.idle_time = options.header_time = std::chrono::milliseconds(500);
    options.read_at_most = std::move(read_at_most);
    registry::Shared shared{
        [&](registry::Request& one) { return api_.handle(one); }, options, {}, {}, {}};
    registry::ConnectionTable table({.all = 1, .each_peer = 1});
    const auto place = table.admit(server.get(), "test");
    registry::Connection(shared, {std::move(server), "test"}, *place).run();
    return without_dates(received(client.get()));
  }

  registry::Api& api() { return api_; }
  registry::MemoryStore& store() { return store_; }

 private:
  using ServerOptions = registry::ServerOptions;

  static std::string received(int fd) {
    std::string got;
    std::string block(64 << 10, '\0');
    while (true) {
      const ssize_t count = ::recv(fd, block.data(), block.size(), MSG_DONTWAIT);
      if (count <= 0) return got;
      got.append(block.data(), static_cast<std::size_t>(count));
    }
  }

  static std::string without_dates(std::string text) {
    constexpr std::string_view date = "\r\nDate: ";
    for (std::size_t at = 0; (at = text.find(date, at)) != text.npos; at += date.size()) {
      text.erase(at + date.size(), text.find('\r', at + date.size()) - at - date.size());
    }
    return text;
  }

  registry::MemoryStore store_;
  registry::Api api_{store_,
                     {.chunk_min_length = 2, .max_sessions = 8, .random = [count = 0U]() mutable {
                        return count++ / 2;  // an id takes two
                      }}};
};

}  // namespace n2c::test
