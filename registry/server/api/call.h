#pragma once
/// What the functions for the API's resources share.

#include "registry/server/api/api.h"
#include "registry/server/api/route.h"
#include "registry/server/api/sessions.h"
#include "registry/server/api/turnstile.h"

namespace n2c::registry {

/// One request on its way through the API.
struct Call {
  Request& request;
  const Route& route;
  Store& store;
  WritableStore* writable;  ///< null when nothing may be changed
  const ApiOptions& options;
  Sessions& sessions;
  Turnstile& heavy_work;  ///< for what takes a processor tens of milliseconds

  Method method() const { return request.method; }
  bool reads() const { return method() == Method::get || method() == Method::head; }
};

/// Roughly the memory that a JSON document takes while it is parsed: parts of it become many small
/// values.
constexpr std::uint64_t memory_of_json(std::uint64_t bytes) { return 12 * bytes; }

}  // namespace n2c::registry
