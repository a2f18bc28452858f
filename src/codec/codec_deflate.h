#pragma once
/// What gzip needs of a library: ISA-L (codec_deflate_isal.cc) or zlib (codec_deflate_zlib.cc).
/// The Meson option `gzip` chooses which of the two is compiled.

#include <cstdint>
#include <memory>
#include <string>

#include "base/stream.h"

namespace n2c {

/// DEFLATE (RFC 1951) of a block. One thread at a time; kept for the next block.
class Deflater {
 public:
  virtual ~Deflater() = default;
  /// Compresses `bytes`, which follow `before`, into `into`, and returns how many bytes were
  /// written. The result ends on a whole byte and never has the final bit, so that another piece
  /// can follow. `into` must have room for twice `bytes` and 4 KiB. Throws Error{internal} when the
  /// library fails.
  virtual std::size_t deflate(ByteView before, ByteView bytes, ByteSpan into) = 0;
};

/// `level` 0 to 2, the quickest first.
std::unique_ptr<Deflater> make_deflater(int level);

/// Continues gzip's checksum: `crc` is that of all bytes before `bytes`, and 0 at the start.
std::uint32_t gzip_crc32(std::uint32_t crc, ByteView bytes);

/// "isal-2.30.0", "zlib-1.3.1": its bytes follow from it.
std::string deflate_library();

}  // namespace n2c
