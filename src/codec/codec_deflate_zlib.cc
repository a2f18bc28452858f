/// DEFLATE by zlib, or by zlib-ng in its place, where there is no ISA-L.

#include <zlib.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "codec/codec_deflate.h"
#include "codec/codec_gzip.h"

namespace n2c {

namespace {

constexpr std::array<int, 3> zlib_levels = {1, 3, 6};
constexpr int window_bits = 15;  // 32 KiB, the largest
constexpr int raw = -window_bits;
constexpr int with_gzip_header = window_bits + 16;

Bytef* octets(const std::byte* bytes) {
  // zlib takes its input by a pointer to non-const and only reads it.
  return reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes));
}

[[noreturn]] void fail(std::string_view doing, int result) {
  throw Error(ErrorKind::internal, cat("zlib failed to ", doing, " (", result, ")"));
}

class ZlibDeflater final : public Deflater {
 public:
  explicit ZlibDeflater(int level) {
    constexpr int memory = 8;  // zlib's default: it decides the bytes
    const int zlib_level = zlib_levels.at(static_cast<std::size_t>(level));
    const int result =
        deflateInit2(&stream_, zlib_level, Z_DEFLATED, raw, memory, Z_DEFAULT_STRATEGY);
    if (result != Z_OK) fail("begin", result);
  }
  ~ZlibDeflater() override { deflateEnd(&stream_); }
  ZlibDeflater(const ZlibDeflater&) = delete;
  ZlibDeflater& operator=(const ZlibDeflater&) = delete;

  std::size_t deflate(ByteView before, ByteView bytes, ByteSpan into) override {
    int result = deflateReset(&stream_);
    if (result == Z_OK) {
      result =
          deflateSetDictionary(&stream_, octets(before.data()), static_cast<uInt>(before.size()));
    }
    stream_.next_in = octets(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = octets(into.data());
    stream_.avail_out = static_cast<uInt>(into.size());
    if (result == Z_OK) result = ::deflate(&stream_, Z_SYNC_FLUSH);
    if (result != Z_OK || stream_.avail_in != 0 || stream_.avail_out == 0) {
      fail("compress a block", result);
    }
    return into.size() - stream_.avail_out;
  }

 private:
  z_stream stream_{};
};

class ZlibDecoder final : public Reader {
 public:
  explicit ZlibDecoder(std::unique_ptr<Reader> from) : from_(std::move(from)), input_(64 << 10) {
    if (const int result = inflateInit2(&stream_, with_gzip_header); result != Z_OK) {
      fail("begin", result);
    }
  }
  ~ZlibDecoder() override { inflateEnd(&stream_); }
  ZlibDecoder(const ZlibDecoder&) = delete;
  ZlibDecoder& operator=(const ZlibDecoder&) = delete;

  std::size_t read(ByteSpan into) override {
    if (into.empty()) return 0;
    stream_.next_out = octets(into.data());
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(into.size(), 1 << 30));
    const uInt room = stream_.avail_out;
    while (stream_.avail_out == room && !ended_) step();
    return room - stream_.avail_out;
  }

 private:
  void step() {
    if (stream_.avail_in == 0) refill();
    if (between_members_) {
      if (at_end_) {
        ended_ = true;
        return;
      }
      inflateReset(&stream_);
      between_members_ = false;
    }
    const int result = inflate(&stream_, Z_NO_FLUSH);
    between_members_ = result == Z_STREAM_END;
    if (between_members_) return;
    if (result == Z_BUF_ERROR || (result == Z_OK && stream_.avail_in == 0)) {
      if (at_end_ && stream_.avail_out != 0) {
        throw Error(ErrorKind::integrity, "gzip: it ends before its end");
      }
      return;
    }
    if (result != Z_OK) {
      const std::string_view why = stream_.msg == nullptr ? "" : stream_.msg;
      throw Error(ErrorKind::integrity,
                  why == "incorrect data check"
                      ? "gzip: the checksum is not that of the bytes"
                      : cat("gzip: damaged or not gzip at all (", result, ")"));
    }
  }

  void refill() {
    const std::size_t count = from_->read(ByteSpan(input_));
    at_end_ = count == 0;
    stream_.next_in = octets(input_.data());
    stream_.avail_in = static_cast<uInt>(count);
  }

  std::unique_ptr<Reader> from_;
  std::vector<std::byte> input_;
  z_stream stream_{};
  bool between_members_ = false;
  bool at_end_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Deflater> make_deflater(int level) { return std::make_unique<ZlibDeflater>(level); }

std::unique_ptr<Reader> make_gzip_decoder(std::unique_ptr<Reader> from) {
  return std::make_unique<ZlibDecoder>(std::move(from));
}

std::uint32_t gzip_crc32(std::uint32_t crc, ByteView bytes) {
  return static_cast<std::uint32_t>(
      crc32(crc, octets(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string deflate_library() { return cat("zlib-", zlibVersion()); }

}  // namespace n2c
