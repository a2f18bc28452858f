#pragma once
/// Layer compression: gzip by ISA-L, zstd, or none; the same input gives the same bytes
/// on every machine of one architecture and for every number of threads.
///
/// What decides the bytes is the recipe: codec, level, library version and block size.
/// recipe() names it, and the cache keys by it.

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/stream.h"

namespace n2c {

enum class Codec { none, gzip, zstd };

/// How a layer is to be stored.
struct Compression {
  Codec codec = Codec::gzip;
  /// gzip: 0 to 2, ISA-L's own; zstd: 1 to 19. ISA-L's 3 gives other bytes on other CPUs.
  int level = 1;

  /// "gzip", "gzip:2", "zstd", "zstd:3", "none".
  static Parsed<Compression> parse(std::string_view text);
  std::string str() const;
  /// Names everything that decides the compressed bytes, for example
  /// "gzip-isal-2.30.0-1-1m-x86_64".
  std::string recipe() const;
  bool operator==(const Compression&) const = default;
};

/// A reader of `from` compressed. `threads` (at least 1) changes the speed only, never the
/// bytes. Codec none passes the bytes on. Throws what `from` throws.
std::unique_ptr<Reader> compress(std::unique_ptr<Reader> from, const Compression& compression,
                                 std::size_t threads);

/// A reader of `from` decompressed, whatever codec its first bytes show (gzip, zstd, or
/// none of them: passed on). Several gzip members or zstd frames in a row are one stream.
/// Throws Error{integrity} on bytes that are not what they began as.
std::unique_ptr<Reader> decompress(std::unique_ptr<Reader> from);

}  // namespace n2c
