#include "base/stream.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace n2c {

namespace {

constexpr std::size_t copy_block = 256 << 10;

class MemoryReader final : public Reader {
 public:
  MemoryReader(std::shared_ptr<const std::string> bytes, std::size_t at)
      : bytes_(std::move(bytes)), at_(at) {}

  std::size_t read(ByteSpan into) override {
    const std::size_t count = std::min(into.size(), bytes_->size() - at_);
    if (count != 0) std::memcpy(into.data(), bytes_->data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::size_t at_;
};

}  // namespace

std::unique_ptr<Reader> MemorySource::open(std::uint64_t offset) const {
  const auto at = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_->size()));
  return std::make_unique<MemoryReader>(bytes_, at);
}

std::size_t read_full(Reader& from, ByteSpan into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const std::size_t count = from.read(into.subspan(filled));
    if (count == 0) break;
    filled += count;
  }
  return filled;
}

std::string read_all(Reader& from, std::uint64_t limit) {
  std::string all;
  std::vector<std::byte> block(64 << 10);
  while (const std::size_t count = from.read(block)) {
    if (all.size() + count > limit) {
      throw Error(ErrorKind::input, cat("more than ", brief_bytes(limit), " where less was due"));
    }
    all += text_of(ByteView(block).first(count));
  }
  return all;
}

std::uint64_t skip(Reader& from, std::uint64_t count) {
  std::vector<std::byte> block(std::min<std::uint64_t>(count, copy_block));
  std::uint64_t done = 0;
  while (done < count) {
    const std::size_t want = std::min<std::uint64_t>(block.size(), count - done);
    const std::size_t got = from.read(ByteSpan(block).first(want));
    if (got == 0) break;
    done += got;
  }
  return done;
}

std::uint64_t copy(Reader& from, Writer& to) {
  std::vector<std::byte> block(copy_block);
  std::uint64_t total = 0;
  while (const std::size_t count = from.read(block)) {
    to.write(ByteView(block).first(count));
    total += count;
  }
  return total;
}

}  // namespace n2c
