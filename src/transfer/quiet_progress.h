#pragma once
/// What goes on beside a transfer and is not counted with it.

#include "transfer/progress.h"

namespace n2c {

/// Passes on notes and retries alone: no phases, and nothing of how many blobs there are. Lives no
/// longer than the other one. Calls may come from several threads.
class QuietProgress final : public Progress {
 public:
  explicit QuietProgress(Progress& heard) : heard_(heard) {}
  void begin(std::vector<BlobToSend>, std::string_view) override {}
  CompressionCount& compression() override { return heard_.compression(); }
  std::atomic<std::uint64_t>& meter(const oci::Digest& digest) override {
    return heard_.meter(digest);
  }
  void done(const oci::Digest&, BlobOutcome) override {}
  void note(const Printable& line) override { heard_.note(line); }
  void retry(const RetryNotice& notice) override { heard_.retry(notice); }

 private:
  Progress& heard_;
};

}  // namespace n2c
