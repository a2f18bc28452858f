#include "codec/codec_zstd.h"

#include <zstd.h>

#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace n2c {

namespace {

std::size_t checked(std::size_t result, ErrorKind kind) {
  if (!ZSTD_isError(result)) return result;
  throw Error(kind, cat("zstd: ", ZSTD_getErrorName(result)));
}

class ZstdCompressor final : public BlockCompressor {
 public:
  explicit ZstdCompressor(int level) : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    if (!context_) throw std::bad_alloc();
    set(ZSTD_c_compressionLevel, level == zstd_own_level ? 2 : level);
    set(ZSTD_c_windowLog, 22);  // nearly the whole block, at every level
    set(ZSTD_c_checksumFlag, 1);
    if (level != zstd_own_level) return;
    set(ZSTD_c_strategy, ZSTD_fast);
    set(ZSTD_c_hashLog, 17);
    set(ZSTD_c_minMatch, 6);
  }

  ByteView compress(ByteView block) override {
    const std::size_t count = checked(
        ZSTD_compress2(context_.get(), output_.get(), output_bytes, block.data(), block.size()),
        ErrorKind::internal);
    return {output_.get(), count};
  }

 private:
  void set(ZSTD_cParameter parameter, int value) {
    checked(ZSTD_CCtx_setParameter(context_.get(), parameter, value), ErrorKind::internal);
  }

  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
  // With less room than this libzstd would choose other bytes. Not filled with zeroes, so that
  // memory which small blocks leave untouched costs nothing.
  static constexpr std::size_t output_bytes = ZSTD_COMPRESSBOUND(zstd_block_bytes);
  std::unique_ptr<std::byte[]> output_ = std::make_unique_for_overwrite<std::byte[]>(output_bytes);
};

/// Frames need nothing around them. Only a stream without any block needs an empty frame.
class ZstdFraming final : public StreamFraming {
 public:
  std::string begin() override { return {}; }
  void pass(ByteView) override { any_ = true; }
  std::string end() override {
    return any_ ? std::string() : std::string(text_of(ZstdCompressor(1).compress({})));
  }

 private:
  bool any_ = false;
};

class ZstdDecoder final : public Reader {
 public:
  explicit ZstdDecoder(std::unique_ptr<Reader> from)
      : from_(std::move(from)),
        context_(ZSTD_createDCtx(), &ZSTD_freeDCtx),
        buffer_(ZSTD_DStreamInSize()),
        input_{buffer_.data(), 0, 0} {
    if (!context_) throw std::bad_alloc();
  }

  std::size_t read(ByteSpan into) override {
    ZSTD_outBuffer output{into.data(), into.size(), 0};
    while (output.pos == 0 && !into.empty()) {
      if (input_.pos == input_.size && !refill()) {
        if (expected_ == 0) return 0;
        throw Error(ErrorKind::integrity, "zstd: it ends before its end");
      }
      expected_ =
          checked(ZSTD_decompressStream(context_.get(), &output, &input_), ErrorKind::integrity);
    }
    return output.pos;
  }

 private:
  /// False at the end; bytes that libzstd still holds come out of one more call.
  bool refill() {
    if (flushing_) return false;
    const std::size_t count = from_->read(buffer_);
    input_ = {buffer_.data(), count, 0};
    flushing_ = count == 0;
    return count != 0 || expected_ != 0;
  }

  std::unique_ptr<Reader> from_;
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  std::vector<std::byte> buffer_;
  ZSTD_inBuffer input_;
  std::size_t expected_ = 0;  // 0: a frame has ended, nothing is due
  bool flushing_ = false;
};

}  // namespace

std::unique_ptr<BlockCompressor> make_zstd_compressor(int level) {
  return std::make_unique<ZstdCompressor>(level);
}

std::unique_ptr<StreamFraming> make_zstd_framing() { return std::make_unique<ZstdFraming>(); }

std::unique_ptr<Reader> make_zstd_decoder(std::unique_ptr<Reader> from) {
  return std::make_unique<ZstdDecoder>(std::move(from));
}

std::string zstd_library() { return cat("zstd-", ZSTD_versionString()); }

}  // namespace n2c
