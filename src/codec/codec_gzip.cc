#include "codec/codec_gzip.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/text.h"
#include "codec/codec_deflate.h"

namespace n2c {

namespace {

/// Level 0 writes some bytes with a code of up to 15 bits.
constexpr std::size_t output_bound(std::size_t bytes) { return 2 * bytes + 4096; }

/// A block's first bytes are stored as they are and given to the library as its dictionary. Without
/// any history ISA-L 2.30 hashes a part of the address of isal_zstream in place of the second byte
/// (seen in its assembly, at levels 1 and 2): one block in 8000 then differs from run to run.
constexpr std::size_t head_bytes = 16;

constexpr std::size_t stored_header_bytes = 5;
constexpr std::size_t most_stored = 65535;  // in one stored block (RFC 1951 §3.2.4)

std::string little_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

class GzipCompressor final : public BlockCompressor {
 public:
  explicit GzipCompressor(int level) : deflater_(make_deflater(level)) {}

  ByteView compress(ByteView block) override {
    output_.resize(output_bound(std::max(block.size(), gzip_block_bytes)));
    size_ = 0;
    const ByteView head = block.first(std::min(block.size(), head_bytes));
    store(head);
    if (head.size() < block.size()) {
      size_ +=
          deflater_->deflate(head, block.subspan(head.size()), ByteSpan(output_).subspan(size_));
    }
    const std::size_t stored =
        block.size() + (block.size() / most_stored + 1) * stored_header_bytes;
    if (size_ > stored) {  // level 0 would make noise a quarter larger
      size_ = 0;
      store(block);
    }
    return ByteView(output_).first(size_);
  }

 private:
  void store(ByteView bytes) {
    while (!bytes.empty()) {
      const auto count = std::min(bytes.size(), most_stored);
      const auto low = static_cast<std::byte>(count & 0xff);
      const auto high = static_cast<std::byte>(count >> 8);
      for (const std::byte byte : {std::byte{0}, low, high, ~low, ~high}) output_[size_++] = byte;
      std::memcpy(output_.data() + size_, bytes.data(), count);
      size_ += count;
      bytes = bytes.subspan(count);
    }
  }

  std::unique_ptr<Deflater> deflater_;
  std::vector<std::byte> output_;
  std::size_t size_ = 0;  // of what is in output_
};

class GzipFraming final : public StreamFraming {
 public:
  std::string begin() override {
    using namespace std::string_literals;
    return "\x1f\x8b\x08\0\0\0\0\0\0\xff"s;  // deflate, no flags, no time, no system
  }
  void pass(ByteView block) override {
    crc_ = gzip_crc32(crc_, block);
    size_ += static_cast<std::uint32_t>(block.size());  // RFC 1952: modulo 2^32
  }
  std::string end() override {
    using namespace std::string_literals;
    return "\x03\0"s + little_endian(crc_) + little_endian(size_);  // an empty final block
  }

 private:
  std::uint32_t crc_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace

std::unique_ptr<BlockCompressor> make_gzip_compressor(int level) {
  return std::make_unique<GzipCompressor>(level);
}

std::unique_ptr<StreamFraming> make_gzip_framing() { return std::make_unique<GzipFraming>(); }

std::string gzip_library() { return cat(deflate_library(), "-head", head_bytes); }

}  // namespace n2c
