#include "codec/codec.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>

#include "base/prefixed_reader.h"
#include "base/text.h"
#include "codec/codec_gzip.h"
#include "codec/codec_pool.h"
#include "codec/codec_zstd.h"

namespace n2c {

namespace {

struct CodecTraits {
  Codec codec;
  std::string_view text;
  int lowest, usual, highest;  // levels; the usual one need not be among those with a number
};

constexpr std::array<CodecTraits, 3> all_traits = {{
    {Codec::none, "none", 0, 0, 0},
    {Codec::gzip, "gzip", 0, 1, 2},
    {Codec::zstd, "zstd", 1, zstd_own_level, 19},
}};

const CodecTraits& traits_of(Codec codec) {
  return *std::ranges::find(all_traits, codec, &CodecTraits::codec);
}

/// The architecture this is compiled for. Another instruction set may find other matches.
constexpr std::string_view architecture() {
#if defined(__x86_64__)
  return "x86_64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "other";
#endif
}

/// A stream of up to this size is compressed on the thread that reads it. A larger limit would need
/// a compressor, with its tables, for every stream.
constexpr std::size_t small_bytes = 256 << 10;

/// One stream being compressed: keeps some blocks under way and gives out their pieces in order.
class CompressingReader final : public Reader {
 public:
  CompressingReader(std::unique_ptr<Reader> from, const Compression& compression,
                    CompressionPool::Impl& pool)
      : from_(std::move(from)),
        compression_(compression),
        pool_(pool),
        framing_(make_framing(compression)),
        piece_(framing_->begin()) {}

  ~CompressingReader() override {
    while (!jobs_.empty()) {
      pool_.abandon(*jobs_.front());
      pop_job();
    }
  }
  CompressingReader(const CompressingReader&) = delete;
  CompressingReader& operator=(const CompressingReader&) = delete;

  std::size_t read(ByteSpan into) override {
    while (given_ == piece_.size()) {
      if (finished_) return 0;
      next_piece();
    }
    const std::size_t count = std::min(into.size(), piece_.size() - given_);
    std::memcpy(into.data(), piece_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  void next_piece() {
    given_ = 0;
    piece_ = {};
    while (!source_ended_ && (jobs_.empty() || pool_.take_leave())) read_block();
    if (jobs_.empty()) {
      finished_ = true;
      piece_ = framing_->end();
      return;
    }
    pool_.wait(*jobs_.front());
    piece_ = std::move(jobs_.front()->piece);
    pop_job();
  }

  /// The first block of a stream needs no leave, so the last one gives none back.
  void pop_job() {
    jobs_.pop_front();
    if (!jobs_.empty()) pool_.give_back_leave();
  }

  void read_block() {
    const bool has_leave = !jobs_.empty();
    const auto job = std::make_shared<BlockJob>();
    jobs_.push_back(job);
    try {
      read_into(job, has_leave);
    } catch (...) {  // nobody is to wait for it
      job->failure = std::current_exception();
      job->done = true;
      throw;
    }
  }

  void read_into(const std::shared_ptr<BlockJob>& job, bool has_leave) {
    job->compression = compression_;
    job->block = pool_.take_buffer(compression_.codec);
    job->block.size = read_full(*from_, {job->block.bytes.get(), job->block.capacity});
    source_ended_ = job->block.size < job->block.capacity;
    if (job->block.size == 0) {
      pool_.give_back(std::move(job->block));
      jobs_.pop_back();
      if (has_leave) pool_.give_back_leave();
      return;
    }
    framing_->pass(job->block.view());
    // A small layer is not worth another thread's attention.
    if (std::exchange(first_, false) && source_ended_ && job->block.size <= small_bytes) {
      pool_.compress_here(*job);
    } else {
      pool_.submit(job);
    }
  }

  std::unique_ptr<Reader> from_;
  Compression compression_;
  CompressionPool::Impl& pool_;
  std::unique_ptr<StreamFraming> framing_;
  std::deque<std::shared_ptr<BlockJob>> jobs_;
  std::string piece_;  // being given out, up to given_
  std::size_t given_ = 0;
  bool first_ = true;
  bool source_ended_ = false;
  bool finished_ = false;
};

/// RFC 8878 §3.1: a frame's magic number, or that of one to be skipped.
bool is_zstd(std::string_view first) {
  if (first.size() < 4) return false;
  if (first.starts_with("\x28\xb5\x2f\xfd")) return true;
  return (static_cast<unsigned char>(first[0]) & 0xf0U) == 0x50 &&
         first.substr(1).starts_with("\x2a\x4d\x18");
}

bool is_gzip(std::string_view first) { return first.starts_with("\x1f\x8b"); }

/// Decides at the first read, so that making it does no I/O.
class DecompressingReader final : public Reader {
 public:
  explicit DecompressingReader(std::unique_ptr<Reader> from) : from_(std::move(from)) {}

  std::size_t read(ByteSpan into) override {
    if (!decided_) decide();
    return from_->read(into);
  }

 private:
  void decide() {
    std::string first(4, '\0');
    first.resize(read_full(*from_, std::as_writable_bytes(std::span(first))));
    const bool gzip = is_gzip(first);
    const bool zstd = is_zstd(first);
    from_ = std::make_unique<PrefixedReader>(std::move(first), std::move(from_));
    if (gzip) from_ = make_gzip_decoder(std::move(from_));
    if (zstd) from_ = make_zstd_decoder(std::move(from_));
    decided_ = true;
  }

  std::unique_ptr<Reader> from_;
  bool decided_ = false;
};

}  // namespace

Parsed<Compression> Compression::parse(std::string_view text) {
  const auto parts = cut(text, ':');
  const std::string_view wanted = parts ? parts->first : text;
  const auto traits = std::ranges::find(all_traits, wanted, &CodecTraits::text);
  if (traits == all_traits.end()) {
    return std::unexpected(cat("no such compression: ", printable(text), " (gzip, zstd, none)"));
  }
  Compression compression{traits->codec, traits->usual};
  if (!parts) return compression;
  const auto level = parse_number(parts->second);
  const auto lowest = static_cast<std::uint64_t>(traits->lowest);
  const auto highest = static_cast<std::uint64_t>(traits->highest);
  if (lowest == highest || !level || *level < lowest || *level > highest) {
    return std::unexpected(lowest == highest
                               ? cat(wanted, " has no levels")
                               : cat(wanted, "'s levels are ", lowest, " to ", highest));
  }
  compression.level = static_cast<int>(*level);
  return compression;
}

std::string Compression::str() const {
  const CodecTraits& traits = traits_of(codec);
  if (codec == Codec::none || level == traits.usual) return std::string(traits.text);
  return cat(traits.text, ':', level);
}

std::string Compression::recipe() const {
  if (codec == Codec::none) return "none";
  const std::string blocks = cat(level, '-', block_bytes(codec) >> 10, 'k');
  if (codec == Codec::zstd) return cat("zstd-", zstd_library(), '-', blocks);
  // ISA-L's assembly finds other matches on other processors.
  return cat("gzip-", gzip_library(), '-', blocks, '-', architecture());
}

std::size_t block_bytes(Codec codec) {
  return codec == Codec::zstd ? zstd_block_bytes : gzip_block_bytes;
}

std::unique_ptr<BlockCompressor> make_block_compressor(const Compression& compression) {
  if (compression.codec == Codec::zstd) return make_zstd_compressor(compression.level);
  return make_gzip_compressor(compression.level);
}

std::unique_ptr<StreamFraming> make_framing(const Compression& compression) {
  if (compression.codec == Codec::zstd) return make_zstd_framing();
  return make_gzip_framing();
}

std::unique_ptr<Reader> compress(std::unique_ptr<Reader> from, const Compression& compression,
                                 CompressionPool& pool) {
  if (compression.codec == Codec::none) return from;
  return std::make_unique<CompressingReader>(std::move(from), compression, pool.impl());
}

bool is_compressed(std::string_view first) { return is_gzip(first) || is_zstd(first); }

std::unique_ptr<Reader> decompress(std::unique_ptr<Reader> from) {
  return std::make_unique<DecompressingReader>(std::move(from));
}

}  // namespace n2c
