#pragma once
/// A layer whose stored form was told by memory, not by its bytes: checked the first time they are
/// read.

#include <functional>
#include <memory>

#include "base/stream.h"
#include "oci/manifest.h"

namespace n2c {

/// Bytes that are to be `form`. Until they were read whole once and were, every reader hashes
/// them, and gives the last of them only when they are; else it reads them to their end, tells
/// what they are, and throws Error{integrity}.
class RememberedForm final : public ByteSource {
 public:
  /// Hears of the true form, on the thread that reads; on several when several read.
  using Corrected = std::function<void(const oci::Descriptor& found)>;

  RememberedForm(std::shared_ptr<const ByteSource> bytes, oci::Descriptor form,
                 Corrected corrected);
  /// At an offset what lies before it is read too: only the whole can be checked. Readers may
  /// outlive this.
  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override;

 private:
  struct Claim;
  class CheckedReader;

  std::shared_ptr<const ByteSource> bytes_;
  std::shared_ptr<Claim> claim_;
};

}  // namespace n2c
