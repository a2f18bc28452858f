#pragma once
/// The interface of a codec to the code that runs it over blocks on several threads.

#include <cstddef>
#include <memory>
#include <string>

#include "base/stream.h"
#include "codec/codec.h"

namespace n2c {

/// Turns blocks into pieces. A piece depends on its block alone, and pieces in a row make one
/// stream. One thread at a time. It is kept for the next block, since its tables are large.
class BlockCompressor {
 public:
  virtual ~BlockCompressor() = default;
  /// The piece stays valid until the next call.
  virtual ByteView compress(ByteView block) = 0;
};

/// What a stream has around and between its pieces. One stream, one thread.
class StreamFraming {
 public:
  virtual ~StreamFraming() = default;
  virtual std::string begin() = 0;
  /// Sees every block in order.
  virtual void pass(ByteView block) = 0;
  virtual std::string end() = 0;
};

/// The size of every block of a stream but the last. It is part of the recipe.
std::size_t block_bytes(Codec codec);
std::unique_ptr<BlockCompressor> make_block_compressor(const Compression& compression);
std::unique_ptr<StreamFraming> make_framing(const Compression& compression);

}  // namespace n2c
