#include "http/transport.h"

#include "base/text.h"

namespace n2c::http {

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::delete_: return "DELETE";
  }
  return "?";
}

std::string request_line(const Request& request) {
  return cat(name_of(request.method), ' ', request.url.redacted());
}

}  // namespace n2c::http
