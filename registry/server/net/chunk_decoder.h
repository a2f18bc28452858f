#pragma once
/// Decodes the chunked transfer coding (RFC 9112 §7.1), byte after byte.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/stream.h"
#include "registry/server/api/api_error.h"

namespace n2c::registry {

/// One body. The result does not depend on how the bytes that arrive were cut. One thread at a
/// time.
class ChunkDecoder {
 public:
  /// Chunk extensions and trailers, which are dropped, may have `limit` bytes in all.
  explicit ChunkDecoder(std::size_t limit) : spare_(limit) {}

  struct Step {
    std::size_t used = 0;   ///< bytes taken from `from`
    std::size_t given = 0;  ///< bytes of the body put into `into`
  };
  /// Takes bytes until `from` is used up, `into` is full, the body has ended, or it is refused.
  Step decode(ByteView from, ByteSpan into);

  /// Whether the last chunk and the end of the trailers were taken.
  bool done() const { return state_ == State::done; }
  /// Why the body is refused: it is not in chunks (400), or has too much besides them (400; 431 for
  /// trailers).
  const std::optional<ApiError>& refusal() const { return refusal_; }

  /// How many bytes of the body come next as they are. They may be read without the decoder, which
  /// has to be told then.
  std::uint64_t plain() const { return state_ == State::data ? left_ : 0; }
  void passed(std::uint64_t count);

 private:
  enum class State {
    size_start,  // before a chunk's first digit
    size,
    blank,  // between the size and an extension
    extension,
    size_cr,  // after the CR that ends the chunk's header
    data,
    data_end,  // after its last byte
    data_cr,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_cr,
    last_cr,
    done,
    refused,
  };

  void take(char c);
  void take_digit(char c);
  void take_extension(char c);
  void take_trailer(char c);
  void take_spare(const char* what, int status);
  void expect(bool fits, State next);
  void refuse(const char* why, int status);

  State state_ = State::size_start;
  std::uint64_t left_ = 0;  // of this chunk
  std::size_t spare_;
  std::optional<ApiError> refusal_;
};

}  // namespace n2c::registry
