#pragma once
/// What answers a server's requests, and what may stand before it.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "registry/server/api/request.h"

namespace n2c::registry {

/// Answers a request. Called from several threads at once. What it throws ends the connection, with
/// a 500 when nothing was sent yet and the client is still there.
using Handler = std::function<Reply(Request&)>;

/// What to do with a request instead of, or around, handling it. For tests.
struct Verdict {
  std::optional<Reply> answer{};  ///< instead of the handler's
  /// Close the connection once so many bytes of the request's body were read by the handler.
  std::optional<std::uint64_t> cut_request_after{};
  /// Close it once so many bytes of the reply's body were sent (0: right after the header).
  std::optional<std::uint64_t> cut_reply_after{};
  bool cut_reply = false;               ///< handle the request, send nothing, close
  std::chrono::milliseconds delay{0};   ///< before anything else; ends early when the server stops
  std::function<void(Reply&)> amend{};  ///< changes the handler's reply
};

/// Looks at a request before it is handled. Nothing means that it is handled as usual. It must not
/// read the body.
using Interceptor = std::function<std::optional<Verdict>(const Request&)>;

}  // namespace n2c::registry
