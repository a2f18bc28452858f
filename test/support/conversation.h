#pragma once
/// A client's bytes to a whole server behind a socket pair, cut as a test likes, and what comes
/// back.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
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
/// and an upload that has "hel". In a request line, 32 zeros stand for the upload's id, which
/// is random.
class FurnishedRegistry {
 public:
  FurnishedRegistry() {
    ApiCaller http(api_);
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
    const auto session = http.post("/v2/app/blobs/uploads/");
    http.patch(session.header("Location"), "hel");
    id_ = session.header("Docker-Upload-UUID");
  }

  /// Everything that the server answers, with ids and dates made the same. `read_at_most` as in
  /// ServerOptions.
  std::string converse(std::string input, std::function<std::size_t()> read_at_most = {}) {
    name_session(input);
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
    std::string reply = received(client.get());
    replace(reply, id_, std::string(32, '0'));
    return normal(std::move(reply));
  }

  registry::Api& api() { return api_; }
  registry::MemoryStore& store() { return store_; }

 private:
  using ServerOptions = registry::ServerOptions;

  static void replace(std::string& text, std::string_view what, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += by.size()) {
      text.replace(at, what.size(), by);
    }
  }

  /// Not in bodies, whose digests would differ from registry to registry.
  void name_session(std::string& input) const {
    const std::string place = "/uploads/" + std::string(32, '0');
    for (std::size_t at = 0; (at = input.find(place, at)) != input.npos; at += place.size()) {
      const std::size_t end = input.find('\r', at);
      const std::string_view line = std::string_view(input).substr(at, end - at);
      if (line.ends_with(" HTTP/1.1")) input.replace(at, place.size(), "/uploads/" + id_);
    }
  }

  static std::string received(int fd) {
    std::string got;
    std::string block(64 << 10, '\0');
    while (true) {
      const ssize_t count = ::recv(fd, block.data(), block.size(), MSG_DONTWAIT);
      if (count <= 0) return got;
      got.append(block.data(), static_cast<std::size_t>(count));
    }
  }

  static std::string normal(std::string text) {
    constexpr std::string_view date = "\r\nDate: ";
    for (std::size_t at = 0; (at = text.find(date, at)) != text.npos; at += date.size()) {
      text.erase(at + date.size(), text.find('\r', at + date.size()) - at - date.size());
    }
    const auto is_hex = [](char c) { return std::string_view("0123456789abcdef").contains(c); };
    for (auto at = text.begin(); at != text.end();) {
      const auto word = std::find_if(at, text.end(), is_hex);
      at = std::find_if_not(word, text.end(), is_hex);
      if (at - word == 32) std::fill(word, at, '0');
    }
    return text;
  }

  registry::MemoryStore store_;
  registry::Api api_{store_, {.chunk_min_length = 2, .max_sessions = 8}};
  std::string id_;
};

}  // namespace n2c::test
