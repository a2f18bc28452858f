#pragma once
/// Replies as they are, whatever something on the way did to them.

#include "http/transport.h"

namespace n2c::registry {

/// Decodes a reply that came with a Content-Encoding, though n2c asks for none: gzip and zstd. Of
/// replies whose body goes to a sink nothing is changed: blobs are blob_reader's. Thread-safe.
class DecodedReplies final : public http::Transport {
 public:
  explicit DecodedReplies(http::Transport& next) : next_(next) {}

  /// Throws Error{registry} when the reply is longer than the request allows, or cannot be decoded.
  http::Response send(const http::Request& request, std::stop_token stop) override;

 private:
  http::Transport& next_;
};

/// Whether a reply says that its body is encoded.
bool is_encoded(const http::Response& response);

}  // namespace n2c::registry
