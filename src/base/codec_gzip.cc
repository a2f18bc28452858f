#include "base/codec_gzip.h"

#include <isa-l.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace n2c {

namespace {

/// Block sizes within the stream follow from it, so it is part of the recipe.
constexpr std::array<std::uint32_t, 3> level_buffer_bytes = {
    ISAL_DEF_LVL0_REQ, ISAL_DEF_LVL1_EXTRA_LARGE, ISAL_DEF_LVL2_EXTRA_LARGE};

/// Level 0 writes some bytes with a code of up to 15 bits.
constexpr std::size_t output_bound(std::size_t bytes) { return 2 * bytes + 4096; }

/// A block's first bytes are stored as they are and given to ISA-L as its dictionary. Without any
/// history ISA-L 2.30 hashes a part of the address of isal_zstream in place of the second byte
/// (seen in its assembly, at levels 1 and 2): one block in 8000 then differs from run to run.
constexpr std::size_t head_bytes = 16;

constexpr std::size_t stored_header_bytes = 5;
constexpr std::size_t most_stored = 65535;  // in one stored block (RFC 1951 §3.2.4)

std::uint8_t* octets(const std::byte* bytes) {
  // ISA-L takes its input by a pointer to non-const and only reads it.
  return reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(bytes));
}

std::string little_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

class GzipCompressor final : public BlockCompressor {
 public:
  explicit GzipCompressor(int level)
      : level_(static_cast<std::uint32_t>(level)), tables_(level_buffer_bytes.at(level_)) {}

  ByteView compress(ByteView block) override {
    output_.resize(output_bound(std::max(block.size(), gzip_block_bytes)));
    size_ = 0;
    const ByteView head = block.first(std::min(block.size(), head_bytes));
    store(head);
    if (head.size() < block.size()) deflate(head, block.subspan(head.size()));
    const std::size_t stored =
        block.size() + (block.size() / most_stored + 1) * stored_header_bytes;
    if (size_ > stored) {  // level 0 would make noise a quarter larger
      size_ = 0;
      store(block);
    }
    return ByteView(output_).first(size_);
  }

 private:
  void deflate(ByteView before, ByteView bytes) {
    isal_deflate_init(&stream_);
    stream_.level = level_;
    stream_.level_buf = tables_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(tables_.size());
    int result = isal_deflate_set_dict(&stream_, octets(before.data()),
                                       static_cast<std::uint32_t>(before.size()));
    // Ends on a whole byte and never with the final bit, so that pieces can follow each other.
    stream_.flush = SYNC_FLUSH;
    stream_.next_in = octets(bytes.data());
    stream_.avail_in = static_cast<std::uint32_t>(bytes.size());
    stream_.next_out = octets(output_.data() + size_);
    stream_.avail_out = static_cast<std::uint32_t>(output_.size() - size_);
    if (result == COMP_OK) result = isal_deflate(&stream_);
    if (result != COMP_OK || stream_.avail_in != 0 || stream_.avail_out == 0) {
      throw Error(ErrorKind::internal, cat("ISA-L failed to compress a block (", result, ")"));
    }
    size_ += stream_.total_out;
  }

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

  std::uint32_t level_;
  std::vector<std::uint8_t> tables_;
  std::vector<std::byte> output_;
  std::size_t size_ = 0;  // of what is in output_
  isal_zstream stream_{};
};

class GzipFraming final : public StreamFraming {
 public:
  std::string begin() override {
    using namespace std::string_literals;
    return "\x1f\x8b\x08\0\0\0\0\0\0\xff"s;  // deflate, no flags, no time, no system
  }
  void pass(ByteView block) override {
    crc_ = crc32_gzip_refl(crc_, octets(block.data()), block.size());
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

class GzipDecoder final : public Reader {
 public:
  explicit GzipDecoder(std::unique_ptr<Reader> from) : from_(std::move(from)), input_(64 << 10) {
    begin_member();
  }

  std::size_t read(ByteSpan into) override {
    if (into.empty()) return 0;
    state_.next_out = octets(into.data());
    state_.avail_out = static_cast<std::uint32_t>(std::min<std::size_t>(into.size(), 1 << 30));
    const std::uint32_t room = state_.avail_out;
    while (state_.avail_out == room && !ended_) step();
    return room - state_.avail_out;
  }

 private:
  void begin_member() {
    std::uint8_t* const next_in = state_.next_in;
    const std::uint32_t avail_in = state_.avail_in;
    std::uint8_t* const next_out = state_.next_out;
    const std::uint32_t avail_out = state_.avail_out;
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
    state_.next_in = next_in;
    state_.avail_in = avail_in;
    state_.next_out = next_out;
    state_.avail_out = avail_out;
  }

  void step() {
    if (state_.avail_in == 0) refill();
    if (state_.block_state == ISAL_BLOCK_FINISH) {
      if (state_.avail_in == 0 && at_end_) {
        ended_ = true;
        return;
      }
      begin_member();
    }
    const int result = isal_inflate(&state_);
    if (result < 0) {  // above 0: more input or more room is wanted
      throw Error(ErrorKind::integrity,
                  result == ISAL_INCORRECT_CHECKSUM
                      ? "gzip: the checksum is not that of the bytes"
                      : cat("gzip: damaged or not gzip at all (", result, ")"));
    }
    if (at_end_ && state_.avail_in == 0 && state_.block_state != ISAL_BLOCK_FINISH &&
        state_.avail_out != 0) {
      throw Error(ErrorKind::integrity, "gzip: it ends before its end");
    }
  }

  /// ISA-L gives back bytes that it took too early by moving next_in back, over the start of
  /// a new buffer too: the last bytes of the old one are kept in front.
  void refill() {
    constexpr std::size_t kept = 16;
    std::memcpy(input_.data(), before_.data(), kept);
    const std::size_t count = from_->read(ByteSpan(input_).subspan(kept));
    at_end_ = count == 0;
    std::memcpy(before_.data(), input_.data() + count, kept);
    state_.next_in = octets(input_.data() + kept);
    state_.avail_in = static_cast<std::uint32_t>(count);
  }

  std::unique_ptr<Reader> from_;
  std::vector<std::byte> input_;
  std::array<std::byte, 16> before_{};
  inflate_state state_{};
  bool at_end_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<BlockCompressor> make_gzip_compressor(int level) {
  return std::make_unique<GzipCompressor>(level);
}

std::unique_ptr<StreamFraming> make_gzip_framing() { return std::make_unique<GzipFraming>(); }

std::unique_ptr<Reader> make_gzip_decoder(std::unique_ptr<Reader> from) {
  return std::make_unique<GzipDecoder>(std::move(from));
}

std::string gzip_library() {
  return cat("isal-", ISAL_MAJOR_VERSION, '.', ISAL_MINOR_VERSION, '.', ISAL_PATCH_VERSION, "-head",
             head_bytes);
}

}  // namespace n2c
