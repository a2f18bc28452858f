#pragma once
/// A layer whose stored form is remembered. It is checked the first time that the bytes are read.

#include <functional>
#include <memory>

#include "base/stream.h"
#include "oci/manifest.h"

namespace n2c {

/// Bytes that should have the digest and size of `form`. Every reader hashes them, until they were
/// read to the end once and were right. It gives the last byte only when they are right. Otherwise
/// it reads to the end, reports the true form, and throws Error{integrity}.
class ClaimedSource final : public ByteSource {
 public:
  /// Told the true form, on the thread that reads. It may be called by several threads at once.
  using Corrected = std::function<void(const oci::Descriptor& found)>;

  ClaimedSource(std::shared_ptr<const ByteSource> bytes, oci::Descriptor form, Corrected corrected);
  /// At an offset, what lies before it is read too, since only the whole can be checked. Readers
  /// may outlive this.
  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override;

 private:
  struct Claim;
  class CheckedReader;

  std::shared_ptr<const ByteSource> bytes_;
  std::shared_ptr<Claim> claim_;
};

}  // namespace n2c
