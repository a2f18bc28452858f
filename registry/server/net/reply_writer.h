#pragma once
/// A reply as HTTP/1.1 bytes on a socket.

#include <cstdint>
#include <optional>

#include "registry/server/api/request.h"
#include "registry/server/net/server_options.h"
#include "registry/server/net/socket.h"

namespace n2c::registry {

struct SendOptions {
  bool head_only = false;                    ///< the request was a HEAD: everything but the body
  bool close = false;                        ///< say that the connection ends
  std::optional<std::uint64_t> cut_after{};  ///< stop after so many bytes of the body
};

struct Sent {
  int status = 0;
  std::uint64_t body_bytes = 0;
  bool whole = false;  ///< false: the client is gone, or the body broke off: close
};

/// Sends the reply. When the body's reader fails at its first block, the reply is a 500. When it
/// fails later, or gives another length than was announced, the connection is cut.
Sent send_reply(Socket& socket, const ServerOptions& limits, Reply reply, const SendOptions& how);

}  // namespace n2c::registry
