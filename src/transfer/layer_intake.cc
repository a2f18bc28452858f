#include "transfer/layer_intake.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/read_ahead.h"
#include "base/system.h"
#include "base/text.h"
#include "oci/media_type.h"
#include "transfer/plan.h"

namespace n2c {

namespace {

/// Bytes that come once, as a source: the last of them are held, and opened again from there.
class OnceSource final : public ByteSource {
 public:
  OnceSource(std::unique_ptr<Reader> bytes, std::uint64_t held)
      : state_(std::make_shared<State>(std::move(bytes), held)) {}

  std::unique_ptr<Reader> open(std::uint64_t offset) const override {
    const std::scoped_lock lock(state_->mutex);
    if (offset < state_->first_held()) {
      throw Error(ErrorKind::network,
                  "bytes that came through a pipe have passed and cannot be sent again",
                  "save the archive to a file, and name that: docker-archive:FILE");
    }
    return std::make_unique<Again>(state_, offset);
  }

 private:
  struct State {
    State(std::unique_ptr<Reader> from, std::uint64_t held) : bytes(std::move(from)), ring(held) {}
    std::uint64_t first_held() const {
      return passed - std::min<std::uint64_t>(passed, ring.size());
    }

    /// The bytes at `offset`: held ones, or new ones. Called under the lock.
    std::size_t read(std::uint64_t offset, ByteSpan into) {
      if (offset < first_held()) {
        throw Error(ErrorKind::internal, "two readers of bytes that come once");
      }
      if (offset < passed) {
        const std::uint64_t at = offset % ring.size();
        const std::uint64_t most = std::min(passed - offset, ring.size() - at);
        const std::size_t count = std::min<std::uint64_t>(into.size(), most);
        std::memcpy(into.data(), ring.data() + at, count);
        return count;
      }
      const std::size_t count = bytes->read(into);
      keep(ByteView(into).first(count));
      return count;
    }

    void keep(ByteView more) {
      while (!more.empty()) {
        const std::uint64_t at = passed % ring.size();
        const std::size_t count = std::min<std::uint64_t>(more.size(), ring.size() - at);
        std::memcpy(ring.data() + at, more.data(), count);
        passed += count;
        more = more.subspan(count);
      }
    }

    std::mutex mutex;
    std::unique_ptr<Reader> bytes;
    std::vector<std::byte> ring;  // the byte at offset o is at o % size
    std::uint64_t passed = 0;
  };

  class Again final : public Reader {
   public:
    Again(std::shared_ptr<State> state, std::uint64_t at) : state_(std::move(state)), at_(at) {}
    std::size_t read(ByteSpan into) override {
      const std::scoped_lock lock(state_->mutex);
      const std::size_t count = state_->read(at_, into);
      at_ += count;
      return count;
    }

   private:
    std::shared_ptr<State> state_;
    std::uint64_t at_;
  };

  std::shared_ptr<State> state_;
};

/// A reader that is looked at again when all has been read.
class Shared final : public Reader {
 public:
  explicit Shared(std::shared_ptr<Reader> from) : from_(std::move(from)) {}
  std::size_t read(ByteSpan into) override { return from_->read(into); }

 private:
  std::shared_ptr<Reader> from_;
};

oci::Digest digest_of(HashingReader& read_to_its_end) {
  return oci::Digest::from_hex(HashAlgorithm::sha256, read_to_its_end.finish_hex());
}

}  // namespace

StoreIntake::StoreIntake(BlobStore& store, const Compression& compression, std::size_t threads,
                         KnownForms known, Progress& progress)
    : store_(store),
      compression_(compression),
      pool_(threads != 0 ? threads : processor_count(), &progress.compression()),
      known_(std::move(known)),
      progress_(progress) {}

LayerTaken StoreIntake::take(PassingLayer layer, std::stop_token stop) {
  if (const auto form = expected_form(layer)) {
    if (const auto outcome = store_.find(*form, stop)) {
      return check(std::move(layer), *form, *outcome);
    }
  }
  return send(std::move(layer), std::move(stop));
}

std::optional<oci::Descriptor> StoreIntake::expected_form(const PassingLayer& layer) const {
  if (!layer.promised) return std::nullopt;
  const std::string media_type(layer_media_type(compression_.codec));
  if (compression_.codec == Codec::none) {
    if (!layer.size) return std::nullopt;
    return oci::Descriptor{
        .media_type = media_type, .digest = *layer.promised, .size = *layer.size};
  }
  const KnownForm* form = known_.find(*layer.promised, media_type);
  // Two layers that are said to be stored as one blob: one of them is not.
  if (form == nullptr || known_.claims().at(form->descriptor.digest) > 1) return std::nullopt;
  return form->descriptor;
}

LayerTaken StoreIntake::check(PassingLayer layer, const oci::Descriptor& form,
                              BlobOutcome outcome) {
  const oci::Digest promised = *layer.promised;
  const auto checked =
      oci::verify(std::move(layer.plain), promised, layer.size, "layer " + promised.brief(),
                  "the archive names its layers by other digests than they have: "
                  "save it to a file, and name that: docker-archive:FILE");
  skip(*checked, UINT64_MAX);
  progress_.done(promised, outcome);
  return {.diff_id = promised, .stored = form, .outcome = outcome};
}

LayerTaken StoreIntake::send(PassingLayer layer, std::stop_token stop) {
  const auto plain = std::make_shared<HashingReader>(std::move(layer.plain));
  const oci::Digest meter = layer.promised.value_or(oci::Digest::of(""));
  const auto put = [&] {
    auto ahead = std::make_unique<ReadAhead>(std::make_unique<Shared>(plain));
    const OnceSource source(compress(std::move(ahead), compression_, pool_), held_bytes);
    return store_
        .put(source, std::string(layer_media_type(compression_.codec)), std::nullopt,
             progress_.meter(meter), std::move(stop))
        .blob;
  };
  const oci::Descriptor stored = put();
  const oci::Digest diff_id = digest_of(*plain);
  if (compression_.codec != Codec::none) {
    compressed_.emplace_back(diff_id, stored);
    known_.replace(diff_id, {.descriptor = stored, .said_by = "this push"});
  }
  progress_.done(meter, BlobOutcome::sent);
  return {.diff_id = diff_id, .stored = stored, .outcome = BlobOutcome::sent};
}

}  // namespace n2c
