#pragma once
/// A layer that is compressed whenever it is opened.

#include "base/stream.h"
#include "codec/codec.h"

namespace n2c {

/// The bytes of `plain`, compressed. They are the same every time. `plain` and `pool` must outlive
/// this. Opening at an offset compresses what lies before it too, and drops it.
class CompressedSource final : public ByteSource {
 public:
  CompressedSource(const ByteSource& plain, Compression compression, CompressionPool& pool)
      : plain_(plain), compression_(compression), pool_(pool) {}

  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override {
    auto reader = compress(plain_.open(), compression_, pool_);
    if (offset != 0) skip(*reader, offset);
    return reader;
  }

 private:
  const ByteSource& plain_;
  Compression compression_;
  CompressionPool& pool_;
};

}  // namespace n2c
