/// Raw bytes as a client's side of one connection: the HTTP parser, the API and the store.
///
/// The input is put into a socket whole, as pipelined requests, and its end is closed; what
/// comes back must be HTTP, and what the registry then holds must be sound. A run of 32 zeros
/// in the input stands for the id of an upload that is in progress, which is random.

#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/text.h"
#include "registry/server/api.h"
#include "registry/server/memory_store.h"
#include "registry/server/server.h"
#include "test/support/api_caller.h"

namespace {

using namespace n2c;
using namespace n2c::registry;

constexpr std::size_t max_input = 16 << 10;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Blobs "hello" and "{}", an image of both under tag 1, and an upload that has "hel".
std::string furnish(test::ApiCaller& http) {
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
  return session.header("Docker-Upload-UUID");
}

std::string with_session(std::string input, const std::string& id) {
  const std::string zeros(32, '0');
  for (std::size_t at = 0; (at = input.find(zeros, at)) != std::string::npos; at += id.size()) {
    input.replace(at, zeros.size(), id);
  }
  return input;
}

void converse(Api& api, const std::string& input) {
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  FileDescriptor client(ends[0]);
  FileDescriptor server(ends[1]);
  require(::write(client.get(), input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  ::shutdown(client.get(), SHUT_WR);
  ServerOptions options;
  options.idle_time = options.header_time = std::chrono::milliseconds(10);
  serve_connection(std::move(server), [&](Exchange& one) { return api.handle(one); }, options);
  char start[9]{};
  const ssize_t count = ::recv(client.get(), start, 9, MSG_WAITALL | MSG_DONTWAIT);
  require(count <= 0 || std::string_view(start, static_cast<std::size_t>(count)) == "HTTP/1.1 ");
}

void check_sound(MemoryStore& store) {
  for (const std::string& repository : store.repositories()) {
    const auto tags = store.tags(repository).value();
    for (const std::string& tag : tags) {
      const auto manifest =
          store.find_manifest(repository, store.find_tag(repository, tag).value());
      require(manifest.has_value());
      require(manifest->descriptor.digest.algorithm() == HashAlgorithm::sha512 ||
              oci::Digest::of(manifest->json) == manifest->descriptor.digest);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > max_input) return -1;
  MemoryStore store;
  Api api(store, {.chunk_min_length = 2, .max_sessions = 8});
  test::ApiCaller http(api);
  const std::string id = furnish(http);
  converse(api, with_session({reinterpret_cast<const char*>(bytes), size}, id));
  require(api.session_count() <= 8);
  check_sound(store);
  return 0;
}
