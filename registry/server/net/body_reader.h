#pragma once
/// A request's body as it comes out of the socket.

#include <chrono>
#include <cstdint>
#include <optional>

#include "registry/server/net/chunk_decoder.h"
#include "registry/server/net/inbox.h"
#include "registry/server/net/request_head.h"
#include "registry/server/net/server_options.h"

namespace n2c::registry {

/// Thrown when the connection is over and there is nothing to answer. Only a connection and its
/// bodies see it.
struct ConnectionOver {};

/// One thread at a time.
class BodyReader final : public Reader {
 public:
  /// What is passed by reference outlives it.
  BodyReader(Inbox& inbox, const RequestHead& head, const ServerOptions& options);

  /// Throws Error{network} when the client leaves, is too slow, or sends an invalid body. Throws
  /// ConnectionOver after cut_after().
  std::size_t read(ByteSpan into) override;

  bool finished() const { return chunks_ ? chunks_->done() : left_ == 0; }
  std::uint64_t count() const { return count_; }
  bool timed_out() const { return timed_out_; }
  /// Whether the client left, or sends an invalid body. Then no further request can be read.
  bool broken() const { return broken_; }
  /// Why the body is invalid.
  std::optional<ApiError> refusal() const { return chunks_ ? chunks_->refusal() : std::nullopt; }
  void cut_after(std::optional<std::uint64_t> bytes) { cut_after_ = bytes; }

  /// Makes the connection ready for the next request, if that takes little work.
  bool read_away();

 private:
  void send_continue();
  /// Waits for bytes in one of the inbox's two ways, and watches the time.
  template <class Wait>
  std::size_t wait_for_bytes(Wait wait);
  std::size_t receive(ByteSpan into);
  std::size_t read_plain(ByteSpan into);
  std::size_t read_chunked(ByteSpan into);

  Inbox& inbox_;
  const ServerOptions& options_;
  std::optional<ChunkDecoder> chunks_;
  std::uint64_t left_ = 0;   // of a body with a length
  std::uint64_t count_ = 0;  // given to the handler
  std::chrono::nanoseconds waited_{};
  std::optional<std::uint64_t> cut_after_;
  bool expects_continue_;
  bool timed_out_ = false;
  bool broken_ = false;
};

}  // namespace n2c::registry
