#include "registry/client/decoded_replies.h"

#include <memory>
#include <utility>

#include "base/stream.h"
#include "base/text.h"
#include "codec/codec.h"
#include "registry/client/failure.h"

namespace n2c::registry {

bool is_encoded(const http::Response& response) {
  const auto encoding = response.headers.find("Content-Encoding");
  return encoding && !trim(*encoding).empty() && lower_ascii(trim(*encoding)) != "identity";
}

http::Response DecodedReplies::send(const http::Request& request, std::stop_token stop) {
  http::Response response = next_.send(request, std::move(stop));
  if (!is_encoded(response) || response.body.empty()) return response;
  const MemorySource encoded(std::exchange(response.body, {}));
  try {
    const auto reader = decompress(encoded.open());
    response.body = read_all(*reader, request.max_reply_bytes);
  } catch (const Error& error) {
    throw Error(ErrorKind::registry, cat("the reply came encoded as ",
                                         printable(*response.headers.find("Content-Encoding"), 40),
                                         ", and cannot be decoded: ", error.message()))
        .within(http::request_line(request));
  }
  response.headers.remove("Content-Encoding");
  return response;
}

}  // namespace n2c::registry
