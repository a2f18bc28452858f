#pragma once
/// What is told about a transfer while it goes on.

#include <atomic>
#include <cstdint>

#include "base/printable.h"
#include "oci/digest.h"

namespace n2c {

/// How a destination came to hold a blob.
enum class BlobOutcome { present, mounted, sent };

/// Hears of a transfer. All calls may come from several threads.
class Progress {
 public:
  virtual ~Progress() = default;
  /// Says how many blobs are to be sent, and how many bytes they have as far as is known.
  virtual void begin(std::size_t blobs, std::uint64_t bytes) = 0;
  /// The counter of bytes that left for this blob; lives as long as the Progress.
  virtual std::atomic<std::uint64_t>& meter(const oci::Digest& diff_id_or_digest) = 0;
  virtual void done(const oci::Digest& diff_id_or_digest, BlobOutcome outcome) = 0;
  /// One line for people: a retry, a fallback, a warning.
  virtual void note(const Printable& line) = 0;
};

}  // namespace n2c
