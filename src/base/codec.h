#pragma once
/// Layer compression: gzip by ISA-L (or zlib, where it is built so), zstd, or none. The same input
/// gives the same bytes for every number of threads, with zstd on every machine and with gzip on
/// every machine of one architecture.
///
/// What decides the bytes is the recipe: codec, level, library version, block size and, for gzip,
/// the architecture. recipe() names it, and the cache keys by it.

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/stream.h"

namespace n2c {

enum class Codec { none, gzip, zstd };

/// How a layer is to be stored. parse() makes only what compress() takes.
struct Compression {
  Codec codec = Codec::gzip;
  /// gzip: 0 to 2, ISA-L's own (zlib's 1, 3 and 6); zstd: 1 to 19, libzstd's own, or 0, n2c's
  /// choice. ISA-L's 3 gives other bytes on other CPUs.
  int level = 1;

  /// "gzip", "gzip:2", "zstd", "zstd:3", "none".
  static Parsed<Compression> parse(std::string_view text);
  std::string str() const;
  /// Names everything that decides the compressed bytes, for example
  /// "gzip-isal-2.30.0-head16-1-256k-x86_64" or "zstd-1.5.4-0-4608k".
  std::string recipe() const;
  bool operator==(const Compression&) const = default;
};

/// The threads that compress, shared by every stream that is being compressed: blocks of
/// a stream are compressed apart, so one large layer keeps them all busy, and many small ones
/// need none. Make one for a command. Thread-safe; must outlive the readers made with it.
class CompressionPool {
 public:
  /// `threads` (at least 1) changes the speed only, never the bytes. They are started when
  /// the first stream turns out to be longer than a block.
  explicit CompressionPool(std::size_t threads);
  ~CompressionPool();
  CompressionPool(const CompressionPool&) = delete;
  CompressionPool& operator=(const CompressionPool&) = delete;

  class Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// A reader of `from` compressed as one gzip member or a row of zstd frames, which every reader
/// takes as one stream. `from` is read on the thread that reads the result. Codec none passes
/// the bytes on. Throws what `from` throws.
std::unique_ptr<Reader> compress(std::unique_ptr<Reader> from, const Compression& compression,
                                 CompressionPool& pool);

/// A reader of `from` decompressed, whatever codec its first bytes show (gzip, zstd, or
/// none of them: passed on). Several gzip members or zstd frames in a row are one stream.
/// Throws Error{integrity} on bytes that are not what they began as.
std::unique_ptr<Reader> decompress(std::unique_ptr<Reader> from);

}  // namespace n2c
