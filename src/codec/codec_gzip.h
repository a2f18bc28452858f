#pragma once
/// gzip (RFC 1952) in blocks; the compression itself is codec_deflate.h's.

#include <memory>

#include "codec/codec_blocks.h"

namespace n2c {

/// Small, because more blocks make better Huffman tables. A block starts without history, which
/// costs under 1 % at this size.
constexpr std::size_t gzip_block_bytes = 256 << 10;

/// `level` 0 to 2.
std::unique_ptr<BlockCompressor> make_gzip_compressor(int level);
/// One member without name and time: nothing but the bytes decides the digest.
std::unique_ptr<StreamFraming> make_gzip_framing();
/// Throws Error{integrity} on bytes that are no gzip, on a wrong checksum, and on an early end.
std::unique_ptr<Reader> make_gzip_decoder(std::unique_ptr<Reader> from);
/// "isal-2.30.0-head16", "zlib-1.3.1-head16": the library, and what else decides a block's bytes.
std::string gzip_library();

}  // namespace n2c
