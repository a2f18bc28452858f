#pragma once
/// Layer compression: gzip by ISA-L (or by zlib, with the Meson option `gzip`), zstd, or none. The
/// same input gives the same bytes for every number of threads. zstd gives them on every machine,
/// gzip on every machine of one architecture.
///
/// What decides the bytes is the recipe: codec, level, library version, block size and, for gzip,
/// the architecture. recipe() names it, and the cache keys by it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/stream.h"

namespace n2c {

enum class Codec { none, gzip, zstd };

/// How a layer is to be stored. parse() gives only values that compress() takes.
struct Compression {
  Codec codec = Codec::gzip;
  /// gzip: 0 to 2, which are ISA-L's levels (or zlib's 1, 3 and 6). zstd: 1 to 19, which are
  /// libzstd's, or 0, n2c's own setting. ISA-L's level 3 is left out: it gives other bytes on other
  /// processors.
  int level = 1;

  /// "gzip", "gzip:2", "zstd", "zstd:3", "none".
  static Parsed<Compression> parse(std::string_view text);
  std::string str() const;
  /// Names everything that decides the compressed bytes, for example
  /// "gzip-isal-2.30.0-head16-1-256k-x86_64" or "zstd-1.5.4-0-4608k".
  std::string recipe() const;
  bool operator==(const Compression&) const = default;
};

/// How much was compressed, and to how much. A pool adds to both when a block is done.
struct CompressionCount {
  std::atomic<std::uint64_t> plain = 0, compressed = 0;
};

/// The threads that compress. All streams of a command share one pool. Blocks of a stream are
/// compressed apart, so one large layer keeps all threads busy. Small layers need no thread.
/// Thread-safe. It must outlive the readers made with it.
class CompressionPool {
 public:
  /// `threads` (at least 1) changes the speed only, never the bytes. The threads start when the
  /// first stream turns out to be longer than a block. `count` outlives the pool.
  explicit CompressionPool(std::size_t threads, CompressionCount* count = nullptr);
  ~CompressionPool();
  CompressionPool(const CompressionPool&) = delete;
  CompressionPool& operator=(const CompressionPool&) = delete;

  class Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// A reader of `from`, compressed as one gzip member or as a row of zstd frames. Every decoder
/// takes such a row as one stream. `from` is read on the thread that reads the result. Codec none
/// passes the bytes on. Throws what `from` throws.
std::unique_ptr<Reader> compress(std::unique_ptr<Reader> from, const Compression& compression,
                                 CompressionPool& pool);

/// Whether bytes that begin so, at least four of them, are a gzip or zstd stream, as far as their
/// first bytes tell: what decompress() unpacks.
bool is_compressed(std::string_view first);

/// A reader of `from`, decompressed. The first bytes tell the codec; what is neither gzip nor zstd
/// is passed on. Several gzip members or zstd frames in a row are one stream. Throws
/// Error{integrity} when later bytes do not fit the codec.
std::unique_ptr<Reader> decompress(std::unique_ptr<Reader> from);

}  // namespace n2c
