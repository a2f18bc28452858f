#include "cache/claimed_source.h"

#include <atomic>

#include "base/hash.h"
#include "base/text.h"

namespace n2c {

/// What was remembered, and whether it was found to be true.
struct ClaimedSource::Claim {
  oci::Descriptor form;
  Corrected corrected;
  std::atomic<bool> proven = false;
};

class ClaimedSource::CheckedReader final : public Reader {
 public:
  CheckedReader(std::unique_ptr<Reader> from, std::shared_ptr<Claim> claim)
      : from_(std::move(from)), claim_(std::move(claim)) {}

  std::size_t read(ByteSpan into) override {
    if (ended_ || into.empty()) return 0;
    const std::size_t count = from_.read(into);
    // The last bytes are given only after the whole was found to be right.
    if (count == 0 || from_.count() >= claim_->form.size) check();
    return count;
  }

 private:
  void check() {
    ended_ = true;
    skip(from_, ~std::uint64_t{0});
    const oci::Descriptor& due = claim_->form;
    const oci::Descriptor found{due.media_type,
                                oci::Digest::from_hex(HashAlgorithm::sha256, from_.finish_hex()),
                                from_.count()};
    if (found.digest == due.digest && found.size == due.size) {
      claim_->proven = true;
      return;
    }
    claim_->corrected(found);
    throw Error(ErrorKind::integrity,
                cat("the layer was remembered as ", due.digest.str(), ", ", due.size,
                    " bytes, and is ", found.digest.str(), ", ", found.size, " bytes"),
                "it is remembered rightly now: try again");
  }

  HashingReader from_;
  std::shared_ptr<Claim> claim_;
  bool ended_ = false;
};

ClaimedSource::ClaimedSource(std::shared_ptr<const ByteSource> bytes, oci::Descriptor form,
                             Corrected corrected)
    : bytes_(std::move(bytes)),
      claim_(std::make_shared<Claim>(std::move(form), std::move(corrected))) {}

std::unique_ptr<Reader> ClaimedSource::open(std::uint64_t offset) const {
  if (claim_->proven) return bytes_->open(offset);
  auto reader = std::make_unique<CheckedReader>(bytes_->open(), claim_);
  skip(*reader, offset);
  return reader;
}

}  // namespace n2c
