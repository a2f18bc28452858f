#pragma once
/// What is reported about a transfer while it runs.

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/printable.h"
#include "base/retry.h"
#include "codec/codec.h"
#include "oci/digest.h"

namespace n2c {

/// How a destination came to hold a blob.
enum class BlobOutcome { present, mounted, sent };

/// A blob that is about to be sent.
struct BlobToSend {
  oci::Digest key;          ///< what meter() and done() are asked for: its diff_id or its digest
  std::uint64_t bytes = 0;  ///< as it will arrive; plain, when it is compressed on the way
  bool is_compressed_on_the_way = false;  ///< and how much arrives is not known
  bool is_rough = false;                  ///< `bytes` is an estimate
  std::string label{};                    ///< for people: what it holds; may be empty
};

/// Hears of a transfer. All calls may come from several threads.
class Progress {
 public:
  virtual ~Progress() = default;
  /// What goes on from now on, for people: "asking what is there". What was said last before
  /// begin() is what happens to the bytes: "sending".
  virtual void phase(std::string_view /*what*/) {}
  /// Says what is to be sent, in `unit`s ("layers"). Several calls add up; a blob that was named
  /// before is named again when it is sent again.
  virtual void begin(std::vector<BlobToSend> blobs, std::string_view unit) = 0;
  /// What compressors of this transfer count, to tell how much the rest will shrink. Lives as long
  /// as the Progress.
  virtual CompressionCount& compression() = 0;
  /// The counter of bytes that left for this blob; lives as long as the Progress.
  virtual std::atomic<std::uint64_t>& meter(const oci::Digest& diff_id_or_digest) = 0;
  virtual void done(const oci::Digest& diff_id_or_digest, BlobOutcome outcome) = 0;
  /// Of a blob that was to be sent: nobody will. What left of it stays counted.
  virtual void give_up(const oci::Digest& /*diff_id_or_digest*/) {}
  /// One line for people: a retry, a fallback, a warning.
  virtual void note(const Printable& line) = 0;
  /// A request that is tried again. Similar notices may be shown as one.
  virtual void retry(const RetryNotice& notice) { note(notice.why + "; " + notice.next); }
};

}  // namespace n2c
