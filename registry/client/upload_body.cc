#include "registry/client/upload_body.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/hash.h"

namespace n2c::registry {

namespace {

/// What was found by reading a source to its end.
struct Seen {
  bool at_end = false;
  std::optional<UploadBody::Sum> sum;
};

/// Hashes everything from the start, and passes on what comes after `offset`.
class SummingReader final : public Reader {
 public:
  SummingReader(std::unique_ptr<Reader> from, std::uint64_t offset, Locked<Seen>& seen)
      : from_(std::move(from)), to_skip_(offset), seen_(seen) {}

  std::size_t read(ByteSpan into) override {
    if (to_skip_ > 0) to_skip_ -= skip(from_, to_skip_);
    const std::size_t count = ended_ ? 0 : from_.read(into);
    if (count == 0 && !into.empty() && !ended_) end();
    return count;
  }

 private:
  void end() {
    ended_ = true;
    UploadBody::Sum sum{oci::Digest::from_hex(HashAlgorithm::sha256, from_.finish_hex()),
                        from_.count()};
    seen_.with([&](Seen& seen) { seen = {.at_end = true, .sum = std::move(sum)}; });
  }

  HashingReader from_;
  std::uint64_t to_skip_;
  Locked<Seen>& seen_;
  bool ended_ = false;
};

}  // namespace

class UploadBody::Stream final : public ByteSource {
 public:
  Stream(const ByteSource& source, bool digest_known)
      : source_(source), digest_known_(digest_known) {}

  std::unique_ptr<Reader> open(std::uint64_t offset) const override {
    if (digest_known_) return source_.open(offset);
    seen_.with([](Seen& seen) { seen = {}; });
    return std::make_unique<SummingReader>(source_.open(0), offset, seen_);
  }
  Seen seen() const {
    return seen_.with([](const Seen& seen) { return seen; });
  }

 private:
  const ByteSource& source_;
  const bool digest_known_;
  mutable Locked<Seen> seen_;
};

struct UploadBody::Chunk {
  std::unique_ptr<Reader> reader;  ///< stands behind the chunk and `ahead`
  std::uint64_t first = 0;
  std::uint64_t size = 0;
  MemorySource bytes{{}};
  std::string ahead;          ///< one byte read to see whether there is more
  bool at_end = false;        ///< nothing is behind it
  std::uint64_t sent_to = 0;  ///< where the last request's part of it ends

  std::uint64_t end() const { return first + size; }

  void fill(std::uint64_t from, std::uint64_t count) {
    std::string held = std::exchange(ahead, {});
    const std::size_t have = held.size();
    held.resize(count);
    const auto into = std::as_writable_bytes(std::span(held)).subspan(have);
    held.resize(have + read_full(*reader, into));
    std::byte next{};
    const bool more = held.size() == count && read_full(*reader, {&next, 1}) == 1;
    if (more) ahead.assign(1, static_cast<char>(next));
    at_end = !more;
    first = from;
    size = held.size();
    bytes = MemorySource(std::move(held));
  }
};

UploadBody::UploadBody(const ByteSource& source, bool digest_known)
    : digest_known_(digest_known), stream_(std::make_unique<Stream>(source, digest_known)) {}
UploadBody::~UploadBody() = default;

http::Body UploadBody::body_of(const UploadPlan::Send& send) {
  if (send.ranged && send.count) return chunk_of(send);
  chunk_.reset();
  return {.source = stream_.get(), .offset = send.first, .length = send.count};
}

http::Body UploadBody::chunk_of(const UploadPlan::Send& send) {
  const bool held = chunk_ && send.first >= chunk_->first && send.first < chunk_->end();
  if (!held) {
    if (!chunk_ || send.first != chunk_->end()) {
      chunk_ = std::make_unique<Chunk>();
      chunk_->reader = stream_->open(send.first);
    }
    chunk_->fill(send.first, *send.count);
  }
  // Of a chunk that was too large for the registry only a part is sent.
  const std::uint64_t length = std::min(*send.count, chunk_->end() - send.first);
  chunk_->sent_to = send.first + length;
  return {.source = &chunk_->bytes, .offset = send.first - chunk_->first, .length = length};
}

bool UploadBody::at_end() const {
  if (!chunk_) return !digest_known_ && stream_->seen().at_end;
  return chunk_->at_end && chunk_->sent_to == chunk_->end();
}

UploadBody::Sum UploadBody::sum() const {
  const Seen seen = stream_->seen();
  if (!seen.sum) {
    throw Error(ErrorKind::registry, "the registry ended an upload before all of it was sent");
  }
  return *seen.sum;
}

}  // namespace n2c::registry
