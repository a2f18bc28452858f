#pragma once
/// One line for every request.

#include <string>

#include "registry/server/net/server_options.h"

namespace n2c::registry {

/// "127.0.0.1:40312 GET /v2/app/tags/list 200 0 34 0.4 ms": peer, request, status, bytes of body
/// received and sent, time. Fit for a terminal, whatever the client sent. No newline.
std::string access_line(const AccessRecord& record);

/// The same as one JSON object, with the user agent and, as `time`, when it was written.
std::string access_json(const AccessRecord& record);

}  // namespace n2c::registry
