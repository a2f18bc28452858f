#pragma once
/// What several pushes tell, as if they were one.

#include <map>
#include <vector>

#include "base/locked.h"
#include "transfer/progress.h"

namespace n2c {

/// Passes on what pushes tell that go on one after the other or side by side: one count of bytes
/// and blobs for all. Blobs under way in two of them at once have different keys. Lives no longer
/// than the other one. Thread-safe.
class JointProgress final : public Progress {
 public:
  /// `awaited`: what the pushes may have to send. Once one of them sends something, all of it that
  /// was not told to be there counts as still to be sent.
  JointProgress(Progress& heard, std::vector<BlobToSend> awaited);

  /// Heard until something is sent: then each push has a phase of its own.
  void phase(std::string_view what) override;
  void begin(std::vector<BlobToSend> blobs, std::string_view unit) override;
  CompressionCount& compression() override { return heard_.compression(); }
  std::atomic<std::uint64_t>& meter(const oci::Digest& diff_id_or_digest) override {
    return heard_.meter(diff_id_or_digest);
  }
  void done(const oci::Digest& diff_id_or_digest, BlobOutcome outcome) override;
  void note(const Printable& line) override { heard_.note(line); }
  void retry(const RetryNotice& notice) override { heard_.retry(notice); }

 private:
  struct State {
    std::map<oci::Digest, BlobToSend> awaited;
    bool begun = false;
  };
  Progress& heard_;
  Locked<State> state_;
};

}  // namespace n2c
