#pragma once
/// Zstandard (RFC 8878) by libzstd.

#include <memory>

#include "codec/codec_blocks.h"

namespace n2c {

/// Each block is a frame. Blocks are large, because a frame knows nothing of the one before it:
/// frames of 1, 2.5 and 4.5 MiB cost 7, 3 and 1 % against one frame.
constexpr std::size_t zstd_block_bytes = 9 << 19;

/// n2c's own: libzstd's fast strategy with twice the table of its level 2. A closure takes three
/// quarters of level 3's time and 3 % more bytes (level 2: 6 %).
constexpr int zstd_own_level = 0;

/// `level` 1 to 19, as libzstd counts, or zstd_own_level.
std::unique_ptr<BlockCompressor> make_zstd_compressor(int level);
std::unique_ptr<StreamFraming> make_zstd_framing();
/// Throws Error{integrity} on bytes that are no zstd, on a wrong checksum, and on an early end.
std::unique_ptr<Reader> make_zstd_decoder(std::unique_ptr<Reader> from);
/// "zstd-1.5.4"
std::string zstd_library();

}  // namespace n2c
