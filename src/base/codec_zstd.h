#pragma once
/// Zstandard (RFC 8878) by libzstd.

#include <memory>

#include "base/codec_blocks.h"

namespace n2c {

/// A frame each: large, because a frame knows nothing of the one before it (at level 3
/// frames of 1, 2 and 4 MiB cost 7, 3 and 1 % against one frame).
constexpr std::size_t zstd_block_bytes = 5 << 19;

/// `level` 1 to 19.
std::unique_ptr<BlockCompressor> make_zstd_compressor(int level);
std::unique_ptr<StreamFraming> make_zstd_framing();
/// Throws Error{integrity} on bytes that are no zstd, on a wrong checksum, and on an early end.
std::unique_ptr<Reader> make_zstd_decoder(std::unique_ptr<Reader> from);
/// "zstd-1.5.4"
std::string zstd_library();

}  // namespace n2c
