#pragma once
/// Notes that are worth telling only when a push goes on after them.

#include <string>
#include <utility>
#include <vector>

#include "base/locked.h"
#include "transfer/progress.h"

namespace n2c {

/// Passes on what a push tells. Before the first of its blobs it tells the notes that were kept
/// until then. Lives no longer than the other one. Thread-safe.
class LateNotes final : public Progress {
 public:
  LateNotes(Progress& heard, std::vector<std::string> notes)
      : heard_(heard), kept_(std::move(notes)) {}

  /// Tells those that were not told yet.
  void tell() {
    for (const std::string& line : kept_.with([](auto& kept) { return std::exchange(kept, {}); })) {
      heard_.note(line);
    }
  }
  /// Whether something was told of a blob, or there was nothing to keep.
  bool are_told() const {
    return kept_.with([](const auto& kept) { return kept.empty(); });
  }

  void phase(std::string_view what) override { heard_.phase(what); }
  void begin(std::vector<BlobToSend> blobs, std::string_view unit) override {
    tell();
    heard_.begin(std::move(blobs), unit);
  }
  CompressionCount& compression() override { return heard_.compression(); }
  std::atomic<std::uint64_t>& meter(const oci::Digest& diff_id_or_digest) override {
    return heard_.meter(diff_id_or_digest);
  }
  void done(const oci::Digest& diff_id_or_digest, BlobOutcome outcome) override {
    tell();
    heard_.done(diff_id_or_digest, outcome);
  }
  void note(const Printable& line) override { heard_.note(line); }
  void retry(const RetryNotice& notice) override { heard_.retry(notice); }

 private:
  Progress& heard_;
  Locked<std::vector<std::string>> kept_;
};

}  // namespace n2c
