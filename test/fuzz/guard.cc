// Who is let in before a registry answers: the Host and the Origin of a request, and a Basic login,
// by what other readers of the same texts say.
//
// Lines: Host, Origin, Authorization.

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <string>

#include "base/text.h"
#include "registry/client/auth/base64.h"
#include "registry/server/guard/host_guard.h"
#include "registry/server/guard/htpasswd.h"
#include "registry/server/net/request_head.h"
#include "test/fuzz/input.h"

using namespace n2c;
using namespace n2c::registry;

namespace {

using fuzz::require;

constexpr std::string_view allowed = "r.example";

/// A name or address without its port and a root's dot, in lower case.
std::string name_in(std::string_view authority) {
  const bool is_bracketed = authority.starts_with('[');
  const std::size_t end = is_bracketed ? authority.find(']') + 1 : authority.find(':');
  std::string name = lower_ascii(authority.substr(0, end));
  if (name.ends_with('.')) name.pop_back();
  return name;
}

/// As the C library reads addresses.
bool is_loopback_address(std::string name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1) return bytes[0] == 127;
  if (!name.starts_with('[') || !name.ends_with(']')) return false;
  name = name.substr(1, name.size() - 2);
  in6_addr address{};
  return ::inet_pton(AF_INET6, name.c_str(), &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address);
}

bool is_let_in(HeaderMap headers) {
  static const Handler guarded = with_host_guard({.allowed = {std::string(allowed)}},
                                                 [](Request&) { return Reply{.status = 200}; });
  const auto body = MemorySource("").open();
  Request request{Method::post, "/v2/", std::move(headers), *body, 0};
  return guarded(request).status == 200;
}

void check_names(std::string_view host, std::string_view origin) {
  const std::string name = name_in(host);
  if (is_let_in({{"Host", std::string(host)}})) {
    require(name == "localhost" || name.ends_with(".localhost") || name == allowed ||
                is_loopback_address(name),
            "who is let in calls this machine by a name of its own");
  }
  if (!is_let_in({{"Host", std::string(host)}, {"Origin", std::string(origin)}})) return;
  const auto parts = origin.find("://");
  require(parts != origin.npos && name_in(origin.substr(parts + 3)) == name,
          "a web page that is let in is one of the host itself");
}

void check_login(std::string_view authorization) {
  const auto login = basic_login(authorization);
  if (!login) return;
  require(!login->user.contains(':'), "a user has no colon");
  const auto decoded = base64_decode(trim(authorization.substr(6)));
  require(!decoded || *decoded == cat(login->user, ":", login->password),
          "a client reads the same login");
  const auto again =
      basic_login(cat("Basic ", base64_encode(cat(login->user, ":", login->password))));
  require(again && again->user == login->user && again->password == login->password,
          "what a client writes is the same login");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const std::string_view host = input.text_until('\n');
  const std::string_view origin = input.text_until('\n');
  if (is_authority(host)) check_names(host, origin);
  check_login(input.rest());
  return 0;
}
