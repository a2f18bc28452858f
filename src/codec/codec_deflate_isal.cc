/// DEFLATE by ISA-L, which is several times as fast as zlib.

#include <isa-l.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "codec/codec_deflate.h"
#include "codec/codec_gzip.h"

namespace n2c {

namespace {

/// ISA-L's block sizes follow from the size of its buffer, so the buffer is part of the recipe.
constexpr std::array<std::uint32_t, 3> level_buffer_bytes = {
    ISAL_DEF_LVL0_REQ, ISAL_DEF_LVL1_EXTRA_LARGE, ISAL_DEF_LVL2_EXTRA_LARGE};

std::uint8_t* octets(const std::byte* bytes) {
  // ISA-L takes its input by a pointer to non-const and only reads it.
  return reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(bytes));
}

class IsalDeflater final : public Deflater {
 public:
  explicit IsalDeflater(int level)
      : level_(static_cast<std::uint32_t>(level)), tables_(level_buffer_bytes.at(level_)) {}

  std::size_t deflate(ByteView before, ByteView bytes, ByteSpan into) override {
    isal_deflate_init(&stream_);
    stream_.level = level_;
    stream_.level_buf = tables_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(tables_.size());
    int result = isal_deflate_set_dict(&stream_, octets(before.data()),
                                       static_cast<std::uint32_t>(before.size()));
    stream_.flush = SYNC_FLUSH;
    stream_.next_in = octets(bytes.data());
    stream_.avail_in = static_cast<std::uint32_t>(bytes.size());
    stream_.next_out = octets(into.data());
    stream_.avail_out = static_cast<std::uint32_t>(into.size());
    if (result == COMP_OK) result = isal_deflate(&stream_);
    if (result != COMP_OK || stream_.avail_in != 0 || stream_.avail_out == 0) {
      throw Error(ErrorKind::internal, cat("ISA-L failed to compress a block (", result, ")"));
    }
    return stream_.total_out;
  }

 private:
  std::uint32_t level_;
  std::vector<std::uint8_t> tables_;
  isal_zstream stream_{};
};

class IsalDecoder final : public Reader {
 public:
  explicit IsalDecoder(std::unique_ptr<Reader> from) : from_(std::move(from)), input_(64 << 10) {
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

  /// ISA-L moves next_in back over bytes that it took too early, even over the start of a new
  /// buffer. So the last bytes of the old buffer are kept in front of the new one.
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

std::unique_ptr<Deflater> make_deflater(int level) { return std::make_unique<IsalDeflater>(level); }

std::unique_ptr<Reader> make_gzip_decoder(std::unique_ptr<Reader> from) {
  return std::make_unique<IsalDecoder>(std::move(from));
}

std::uint32_t gzip_crc32(std::uint32_t crc, ByteView bytes) {
  return crc32_gzip_refl(crc, octets(bytes.data()), bytes.size());
}

std::string deflate_library() {
  return cat("isal-", ISAL_MAJOR_VERSION, '.', ISAL_MINOR_VERSION, '.', ISAL_PATCH_VERSION);
}

}  // namespace n2c
